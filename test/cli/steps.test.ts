import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { firstValueFrom, take, toArray } from 'rxjs'
import { payloadOf, readings } from '../../src/cli/readings.ts'
import type { Sensor } from '../../src/cli/sensors.ts'
import { openSteps } from '../../src/cli/steps.ts'

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
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gruflow-steps-'))
  })
  after(() => rm(folder, { recursive: true }))

  it('is kept from run to run', async () => {
    const file = join(folder, 'kept.json')
    const first = await openSteps(file)
    assert.equal(first.earlier, 0)
    first.seen(41)
    await first.end()
    const second = await openSteps(file)
    assert.equal(second.earlier, 42)
    await second.end()
    const third = await openSteps(file)
    assert.equal(third.earlier, 42)
    await third.end()
  })

  it('begins anew when the file is damaged', async () => {
    for (const [i, text] of ['', '{"steps":-1}', '{"steps":"9"}', 'null', '[]'].entries()) {
      const file = join(folder, `damaged-${i}.json`)
      await writeFile(file, text)
      const steps = await openSteps(file)
      assert.equal(steps.earlier, 0, text)
      await steps.end()
    }
  })
})
