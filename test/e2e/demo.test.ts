import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Broker, openBroker } from '../../src/cli/broker.ts'
import { listen } from '../../src/cli/listen.ts'
import { packageRoot } from '../../src/cli/package.ts'
import type { Forecast } from '../../src/forecast/types.ts'
import { gruflow, killAll } from '../cli/child.ts'
import { openInbox } from './inbox.ts'

const TOPIC = 'forecast/plant/boiler/temperature'

describe('gruflow demo', () => {
  let broker: Broker
  let userDir: string
  let taken: Server
  let port: number

  before(async () => {
    broker = await openBroker({ port: 0 })
    userDir = await mkdtemp(join(tmpdir(), 'gruflow-demo-'))
    taken = createServer()
    port = await listen(taken, 0)
  })

  after(async () => {
    killAll()
    taken.close()
    await once(taken, 'close')
    await broker.close()
    await rm(userDir, { recursive: true, force: true })
  })

  /** Runs it until a forecast has come, then ends it; the first forecast, as an MQTT client sees it. */
  async function run(): Promise<Forecast> {
    const inbox = await openInbox(broker.url, ['forecast/#'])
    const args = ['--rate', '100', '--port', String(port), '--user-dir', userDir, '--broker', broker.url]
    const { child, line, closed } = gruflow('demo', ...args)
    const open = await line(/^ +Open +http/)
    const editor = open.trim().split(/ +/)[1]
    assert.notEqual(new URL(editor).port, String(port))
    assert.match(await (await fetch(editor)).text(), /<title>GRUflow<\/title>/)
    const { payload } = await inbox.until(({ topic }) => topic === TOPIC)
    await line(/First forecast after [\d.]+ s: forecast\//)
    child.kill('SIGINT')
    assert.deepEqual(await closed, [0, null])
    await assert.rejects(fetch(editor))
    await inbox.close()
    return JSON.parse(payload)
  }

  it('starts Node-RED on a free port with the flow that forecasts the sensors, and ends it', async () => {
    const forecast = await run()
    assert.equal(forecast.key, 'plant/boiler/temperature')
    assert.equal(forecast.period, 900_000)
    const link = join(userDir, 'node_modules/@gruflow/node-red-gru')
    assert.equal(await realpath(link), await realpath(packageRoot))
  })

  it('takes Node-RED with it when it is killed', async () => {
    const { child, line, closed } = gruflow('demo', '--port', String(port), '--user-dir', userDir)
    const open = await line(/^ +Open +http/)
    child.kill('SIGKILL')
    assert.deepEqual(await closed, [null, 'SIGKILL'])
    await assert.rejects(fetch(open.trim().split(/ +/)[1]))
  })

  it('goes on in the next run where the last one ended', async () => {
    const { steps } = JSON.parse(await readFile(join(userDir, 'sensors.json'), 'utf8'))
    assert.ok(steps >= 64)
    const { counts } = await run()
    assert.ok(counts.accepted + counts.filled > steps, `${JSON.stringify(counts)} after ${steps} steps`)
    assert.equal(counts.restarts, 0)
  })
})
