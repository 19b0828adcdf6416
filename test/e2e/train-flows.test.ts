import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Broker } from '../../src/cli/broker.ts'
import { packageRoot } from '../../src/cli/package.ts'
import type { FitMetrics } from '../../src/forecast/fit/types.ts'
import type { Forecast } from '../../src/forecast/types.ts'
import { readFitted } from '../../src/store/fitted.ts'
import { brokers } from './brokers.ts'
import { type Inbox, openInbox } from './inbox.ts'
import { type Linked, startLinked } from './linked.ts'
import { brokerNode, type FlowNode, watched } from './watched.ts'

const KEYS = ['office/temperature', 'office/co2', 'office/power']
/** What the flows write into the directory in which Node-RED was started. */
const SAMPLES: readonly { name: string; file: string; written: readonly string[] }[] = [
  {
    name: '01 From a CSV file',
    file: 'office-from-csv.safetensors',
    written: ['gruflow-sample-office.csv'],
  },
  { name: '02 From a database query', file: 'office-from-query.safetensors', written: [] },
]
/** Share by which the GRU must be better than each simple method. */
const BETTER = 0.05

for (const { name, file, written } of SAMPLES) {
  describe(`the sample flow that trains: ${name}`, () => {
    const flow: FlowNode[] = JSON.parse(
      readFileSync(join(packageRoot, 'flows/03-train', `${name}.json`), 'utf8'),
    )
    let nodeRed: Linked
    let started: string
    let broker: Broker
    let inbox: Inbox
    const payloads = <T>(topic: string): T[] =>
      inbox.messages
        .filter((message) => message.topic === topic)
        .map(({ payload }) => JSON.parse(payload) as T)

    before(async () => {
      broker = await brokers[0].open!()
      inbox = await openInbox(broker.url, ['seen/#'])
      // As Node-RED is usually started: somewhere else than in its user directory.
      started = realpathSync(mkdtempSync(join(tmpdir(), 'gruflow-started-')))
      nodeRed = await startLinked('', started)
      await nodeRed.deploy([...watched(flow.map(short)), brokerNode(broker.port)])
    })
    after(async () => {
      await nodeRed?.dispose()
      await inbox?.close()
      await broker?.close()
      if (started) rmSync(started, { recursive: true, force: true })
    })

    it('says what was fitted, how good that is, and keeps it as a file', async () => {
      const seen = await inbox.until(
        ({ topic }) => topic === 'seen/how good it is' || topic === 'seen/errors',
      )
      assert.deepEqual(payloads('seen/errors'), [])
      const metrics = JSON.parse(seen.payload) as FitMetrics
      assert.match(metrics.sentence, /^\d+ % better than .* on the last 20 % of your data$/)
      for (const method of ['naive', 'seasonalNaive', 'ridge'] as const) {
        const share = 1 - metrics.gru.mae / metrics[method].mae
        assert.ok(share >= BETTER, `better than ${method} by ${share}: ${metrics.sentence}`)
      }
      assert.deepEqual(readdirSync(started), written)
      const [fitted] = payloads<Record<string, unknown>>('seen/what was fitted')
      const { model, horizon, season, channels } = fitted
      assert.deepEqual(
        { model, horizon, season, channels },
        { model: file, horizon: 24, season: 24, channels: KEYS },
      )
      const path = join(nodeRed.userDir, 'gruflow', 'models', file)
      assert.ok(existsSync(path))
      const saved = await readFitted(path)
      assert.deepEqual(
        saved.model.channels.map(({ key }) => key),
        KEYS,
      )
      assert.equal(saved.period, 3_600_000)
    })

    it('forecasts live readings with the trained GRU', async () => {
      for (const key of KEYS) {
        const spoken = ({ topic, payload }: { topic: string; payload: string }): boolean => {
          if (topic !== 'seen/forecasts') return false
          const forecast = JSON.parse(payload) as Forecast
          return forecast.key === key && forecast.model === 'gru'
        }
        const forecast = JSON.parse((await inbox.until(spoken)).payload) as Forecast
        assert.equal(forecast.mean.length, 24)
        assert.equal(forecast.period, 3_600_000)
      }
      assert.deepEqual(payloads('seen/errors'), [])
    })

    it('is in the menu of examples', async () => {
      const url = encodeURI(`${nodeRed.url}/library/examples/flows/@gruflow/node-red-gru/03-train/${name}`)
      assert.deepEqual(await (await fetch(url)).json(), flow)
    })
  })
}

/** With a short fit. */
const short = (node: FlowNode): FlowNode =>
  node.type === 'gru-train' ? Object.assign({}, node, { epochs: '12' }) : node
