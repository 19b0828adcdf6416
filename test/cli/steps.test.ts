import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { firstValueFrom, take, toArray } from 'rxjs'
import { payloadOf, readings } from '../../src/cli/readings.ts'
import type { Sensor } from '../../src/cli/sensors.ts'
import { openSteps, type Steps } from '../../src/cli/steps.ts'

/** Counts up; every third reading is missing. */
function counter(topic: string): Sensor {
  let step = 0
  const next = () => {
    const reading = step % 3 === 2 ? null : { time: step * 10, value: step }
    step++
    return reading
  }
  return { topic, patterned: false, period: 10, next }
}

describe('readings', () => {
  it('come from every sensor in turn, without those that are missing', async () => {
    const sensors = [counter('a'), counter('b')]
    const got = await firstValueFrom(readings(sensors, { rate: 500 }).pipe(take(6), toArray()))
    assert.deepEqual(
      got.map(({ topic, value, step }) => [topic, value, step]),
      [
        ['a', 0, 0],
        ['b', 0, 0],
        ['a', 1, 1],
        ['b', 1, 1],
        ['a', 3, 3],
        ['b', 3, 3],
      ],
    )
  })

  it('go on where an earlier run ended', async () => {
    const reading = await firstValueFrom(readings([counter('a')], { rate: 500, skip: 100 }))
    assert.deepEqual(reading, { topic: 'a', time: 1000, value: 100, step: 100 })
  })

  it('carry their time, but for the one that sends bare numbers', () => {
    const reading = { topic: 'plant/tank/level', time: 5, value: 1.5, step: 0 }
    assert.equal(payloadOf(reading), '{"value":1.5,"timestamp":5}')
    assert.equal(payloadOf({ ...reading, topic: 'plant/line/pressure' }), '1.5')
  })
})

describe('count of readings', () => {
  let folder: string
  let warnings: string[]
  const open = (): Steps => openSteps(folder, (message) => warnings.push(message))

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gruflow-steps-'))
    warnings = []
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('is kept from run to run', async () => {
    const first = open()
    assert.equal(first.earlier, 0)
    first.seen(41)
    await first.end()
    for (let run = 0; run < 2; run++) {
      const next = open()
      assert.equal(next.earlier, 42)
      await next.end()
    }
    assert.deepEqual(warnings, [])
  })

  it('warns when the file is damaged, and begins anew', async () => {
    for (const text of ['', '{"ste', '{"steps":-1}', '{"steps":"9"}', 'null', '[]']) {
      await writeFile(join(folder, 'sensors.json'), text)
      const steps = open()
      assert.equal(steps.earlier, 0, text)
      assert.match(warnings.pop() ?? '', /sensors\.json: .+ go on after 0 readings/)
      await steps.end()
    }
  })

  it('goes on from the count before the damaged one', async () => {
    for (const step of [41, 83]) {
      const steps = open()
      steps.seen(step)
      await steps.end()
    }
    await writeFile(join(folder, 'sensors.json'), '{"ste')
    const steps = open()
    assert.equal(steps.earlier, 42)
    await steps.end()
    assert.match(warnings.join(), /sensors\.json: .+ go on after 42 readings/)
  })

  it('warns once when it cannot be kept, and ends all the same', async () => {
    const steps = open()
    await rm(folder, { recursive: true })
    await writeFile(folder, 'no folder any more')
    await steps.end()
    await steps.end()
    assert.equal(warnings.length, 1)
    assert.match(warnings[0], /not kept for the next run: E/)
  })
})
