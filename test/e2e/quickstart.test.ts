import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Broker } from '../../src/cli/broker.ts'
import { simulatedPlant } from '../../src/cli/sensors.ts'
import type { Forecast, Reading } from '../../src/forecast/types.ts'
import { brokers } from './brokers.ts'
import { type Inbox, openInbox } from './inbox.ts'
import { type Installed, installPackage } from './installed.ts'
import { type NodeRedProcess, startNodeRed } from './node-red.ts'
import { QUICK_START, QUICK_START_FILE, quickStart } from './quick-start.ts'

const MB = 1_000_000
const WARM_UP = 64
const TOPICS = ['plant/boiler/temperature', 'plant/tank/level', 'plant/air/humidity']
const STEPS = 400
const STEPS_AFTER_RESTART = 20

/** A retained message that no stream can read: its error tells that the flow listens. */
const PROBE = { topic: 'plant/probe', payload: 'listening?' }

/** What Node-RED tells of the nodes in one file. */
interface NodeSet {
  readonly id: string
  readonly module: string
  readonly enabled: boolean
  readonly err?: string
  readonly types: readonly string[]
}

describe('the package, installed from its tarball into Node-RED', () => {
  let installed: Installed
  let nodeRed: NodeRedProcess

  before(async () => {
    installed = await installPackage()
    nodeRed = await startNodeRed(installed.userDir)
  })

  after(async () => {
    await nodeRed?.stop()
    await installed?.remove()
  })

  it('is small and runs no scripts', () => {
    assert.ok(installed.packed < 1 * MB, `tarball of ${installed.packed} bytes`)
    assert.ok(installed.size < 30 * MB, `installation of ${installed.size} bytes`)
    assert.deepEqual(installed.withScripts, [])
  })

  it('says that its demo is for clones', async () => {
    const program = join(installed.userDir, 'node_modules/@gruflow/node-red-gru/dist/src/cli/gruflow.js')
    const demo = promisify(execFile)(process.execPath, [program, 'demo', '--headless'])
    await assert.rejects(demo, {
      code: 1,
      stderr: /needs aedes, which is not installed here: clone .* npm start/,
    })
  })

  it('has its nodes and its sample flow in the editor', async () => {
    const get = async (path: string): Promise<unknown> =>
      (await fetch(nodeRed.url + path, { headers: { accept: 'application/json' } })).json()
    const ours = ((await get('/nodes')) as NodeSet[]).filter(
      ({ module }) => module === '@gruflow/node-red-gru',
    )
    assert.deepEqual(ours.flatMap(({ types }) => types).sort(), [
      'gru-forecast',
      'gru-model',
      'gru-step',
      'gru-train',
    ])
    for (const { id, enabled, err } of ours) assert.ok(enabled && !err, `${id}: ${err}`)
    const example = await get(encodeURI(`/library/examples/flows/@gruflow/node-red-gru/${QUICK_START}`))
    assert.deepEqual(example, JSON.parse(readFileSync(QUICK_START_FILE, 'utf8')))
  })

  for (const { name, open, missing } of brokers) {
    if (open) withBroker(name, open)
    else if (process.env.CI) it(`works with ${name}`, () => assert.fail(missing))
    else it.skip(`works with ${name}: ${missing}`)
  }

  function withBroker(name: string, open: () => Promise<Broker>): void {
    describe(`the quick-start flow, with ${name}`, () => {
      const sensors = simulatedPlant({ seed: 7 }).filter(({ topic }) => TOPICS.includes(topic))
      const readings = new Map<string, Reading[]>(TOPICS.map((topic) => [topic, []]))
      let broker: Broker
      let inbox: Inbox

      before(async () => {
        broker = await open()
        inbox = await openInbox(broker.url, ['forecast/#', 'errors'])
        await inbox.publish(PROBE.topic, PROBE.payload, { retain: true })
        await nodeRed.deploy(quickStart(name, broker.port))
        await listening()
      })

      after(async () => {
        await inbox?.close()
        await broker?.close()
      })

      it('forecasts every reading once warm', async () => {
        await publish(STEPS)
        for (const topic of TOPICS) {
          const { period } = sensors.find((sensor) => sensor.topic === topic)!
          const sent = readings.get(topic)!
          const warm = sent.filter(({ time }) => (time - sent[0].time) / period >= WARM_UP - 1)
          const forecasts = forecastsOf(topic)
          assert.deepEqual(
            forecasts.map(({ cutoff, last }) => ({ time: cutoff, value: last })),
            warm,
          )
          for (const forecast of forecasts) checkShape(forecast, { key: topic, period })
        }
      })

      it('is about as right as it says, by the readings that came later', () => {
        for (const topic of TOPICS) {
          const later = new Map(readings.get(topic)!.map(({ time, value }) => [time, value]))
          const matured = forecastsOf(topic).flatMap(({ cutoff, period, last, mean, lower, upper }) =>
            mean.flatMap((value, i) => {
              const truth = later.get(cutoff + (i + 1) * period)
              if (truth === undefined) return []
              const held = truth >= lower[i] && truth <= upper[i]
              return [{ held, error: Math.abs(truth - value), naive: Math.abs(truth - last) }]
            }),
          )
          assert.ok(matured.length > 5000, `${topic}: ${matured.length}`)
          const share = matured.filter(({ held }) => held).length / matured.length
          assert.ok(share > 0.75 && share < 0.99, `${topic}: ${share} held, 0.9 promised`)
          const sum = (pick: (m: { error: number; naive: number }) => number) =>
            matured.reduce((total, m) => total + pick(m), 0)
          const ratio = sum(({ error }) => error) / sum(({ naive }) => naive)
          assert.ok(ratio < 1.15, `${topic}: ${ratio} times the error of the last value`)
        }
      })

      it('names what is wrong with bad payloads and goes on', async () => {
        const bad = [
          'warm',
          'NaN',
          'Infinity',
          '1e999',
          '',
          'null',
          'true',
          '[1,2]',
          '{"a":1,"b":2}',
          '{"__proto__":{"value":1}}',
          '['.repeat(5000) + ']'.repeat(5000),
          JSON.stringify({ value: 'x'.repeat(100_000) }),
        ]
        const before = errors().length
        for (const payload of bad) await inbox.publish('plant/bad', payload)
        await inbox.publish('plant/bad', 'the last one')
        await inbox.until(({ payload }) => payload.includes('the last one'))
        const told = errors().slice(before, -1)
        assert.equal(told.length, bad.length, told.join('\n'))
        for (const message of told) assert.match(message, /\w+ .*\w/)
        assert.equal(inbox.messages.filter(({ topic }) => topic === 'forecast/plant/bad').length, 0)
      })

      it('goes on after a restart without warming up again', async () => {
        const before = new Map(TOPICS.map((topic) => [topic, forecastsOf(topic).at(-1)!]))
        const probes = errors().filter(isProbe).length
        assert.equal(await nodeRed.stop(), 0)
        nodeRed = await startNodeRed(installed.userDir)
        await listening(probes)
        await publish(STEPS_AFTER_RESTART)
        for (const topic of TOPICS) {
          const last = before.get(topic)!
          const sent = readings.get(topic)!.filter(({ time }) => time > last.cutoff)
          const forecasts = forecastsOf(topic).filter(({ cutoff }) => cutoff > last.cutoff)
          assert.deepEqual(
            forecasts.map(({ cutoff }) => cutoff),
            sent.map(({ time }) => time),
          )
          assert.ok(forecasts[0].counts.accepted > last.counts.accepted, topic)
        }
      })

      /** Publishes the next readings of every sensor and waits for the last forecasts. */
      async function publish(steps: number): Promise<void> {
        for (let step = 0; step < steps; step++) {
          for (const sensor of sensors) {
            const reading = sensor.next()
            if (!reading) continue
            readings.get(sensor.topic)!.push(reading)
            const { value, time } = reading
            await inbox.publish(sensor.topic, JSON.stringify({ value, timestamp: time }))
          }
        }
        for (const topic of TOPICS) {
          const { time } = readings.get(topic)!.at(-1)!
          await inbox.until(
            (message) =>
              message.topic === `forecast/${topic}` && message.payload.includes(`"cutoff":${time}`),
          )
        }
      }

      const errors = (): string[] =>
        inbox.messages.filter(({ topic }) => topic === 'errors').map(({ payload }) => payload)
      const isProbe = (message: string): boolean => message.includes(PROBE.payload)

      /** Waits for one more answer to the probe than there were. */
      async function listening(answered = 0): Promise<void> {
        await inbox.until(() => errors().filter(isProbe).length > answered)
      }

      function forecastsOf(topic: string): Forecast[] {
        return inbox.messages
          .filter((message) => message.topic === `forecast/${topic}`)
          .map(({ payload }) => JSON.parse(payload))
      }
    })
  }
})

function checkShape(forecast: Forecast, expected: { key: string; period: number }): void {
  const { key, period, mean, lower, upper, coverage, measuredCoverage, model, experts, reason, skill } =
    forecast
  assert.deepEqual({ key, period }, expected)
  assert.deepEqual([mean.length, lower.length, upper.length], [24, 24, 24])
  for (const [i, value] of mean.entries()) {
    assert.ok(Number.isFinite(value) && lower[i] <= value && value <= upper[i], `step ${i + 1}`)
  }
  assert.equal(coverage, 0.9)
  assert.ok(measuredCoverage === null || (measuredCoverage >= 0 && measuredCoverage <= 1))
  assert.equal(model, experts[0].name)
  assert.ok(Math.abs(experts.reduce((sum, { share }) => sum + share, 0) - 1) < 1e-9)
  assert.ok(reason.length > 0)
  assert.ok(skill === null || Number.isFinite(skill))
}
