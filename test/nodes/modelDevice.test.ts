import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Forecast } from '../../src/forecast/types.ts'
import { lackingSoftwareGpu as lacking, softwareGpu } from '../engine/gpu/software.ts'
import { everyMinute, model, node, out, readings, tab } from './flow.ts'
import { createRuntime, type Runtime } from './red.ts'
import { shown, until } from './stepFlow.ts'

describe('what runs the model of gru-model', () => {
  softwareGpu()
  let red: Runtime
  let server: Server
  let url: string
  const start = async (settings: object): Promise<void> => {
    await red.start([tab, { ...model, ...settings }, { ...node, ...everyMinute }, out])
    server = createServer(red.admin()).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/gru-model`
  }
  const told = async (id: string): Promise<Record<string, unknown>> =>
    (await (await fetch(`${url}/${encodeURIComponent(id)}/device`)).json()) as Record<string, unknown>

  beforeEach(() => {
    red = createRuntime()
  })
  afterEach(async () => {
    server.closeAllConnections()
    server.close()
    await red.dispose()
  })

  it('is told to the editor by the id of the node, and of no other', async () => {
    await start({ device: 'wasm' })
    assert.deepEqual(await told('model'), {
      device: 'none',
      reason: 'the GRU has not been fitted yet',
      batch: 0,
      microseconds: 0,
    })
    for (const id of ['node', 'gone', '__proto__', 'constructor', '../model', '<b>', 'x'.repeat(5000)]) {
      const response = await fetch(`${url}/${encodeURIComponent(id)}/device`)
      assert.equal(response.status, 404, id)
      assert.match(((await response.json()) as { error: string }).error, /^no model runs under the id "/, id)
    }
  })

  it('is named when there is no such device, and turns the nodes that use it red', async () => {
    await start({ device: 'tpu' })
    assert.deepEqual(red.errors[0], 'model: device must be one of wasm, gpu, auto, got "tpu"')
    assert.equal((await fetch(`${url}/model/device`)).status, 404)
  })

  it(`is the GPU once it is fitted, and said in log, status and forecasts${
    lacking ? ` (skipped: ${lacking})` : ''
  }`, async function () {
    if (lacking) this.skip()
    await start({ device: 'gpu', learn: true })
    let given = 0
    const give = async (count: number): Promise<void> => {
      await red.give('node', readings('t', given, given + count))
      given += count
      await until('all answers', () => red.answers.length >= given)
    }
    await give(60)
    await until('the GPU', () => red.logs.some((line) => /on gpu:swiftshader/.test(line)), 30_000)
    assert.ok(red.logs.includes('model: the model runs on gpu:swiftshader: asked for'))
    await shown(red, /^node: gpu:swiftshader$/)
    await give(12)
    const { device, deviceReason } = red.sent.at(-1)!.payload as Forecast
    assert.deepEqual([device, deviceReason], ['gpu:swiftshader', 'asked for'])
    const { batch, microseconds, ...ran } = await told('model')
    assert.deepEqual(ran, { device: 'gpu:swiftshader', reason: 'asked for' })
    assert.ok((batch as number) >= 1 && (microseconds as number) > 0)
    const { model: fitted } = red.node('model').host!
    const devices = new Set<string>()
    const stop = fitted.onChange(() => devices.add(fitted.device))
    for (const { version } = fitted; fitted.version === version; ) await give(20)
    await until('the next version on the GPU', () => fitted.load.batch > 0, 30_000)
    stop()
    assert.deepEqual([...devices], ['gpu:swiftshader'])
    const lines = red.logs.filter((line) => line.startsWith('model: the model runs on'))
    assert.equal(lines.length, new Set(lines).size, 'a refit is no change')
    assert.ok(red.answers.every(({ error }) => error === undefined))
  })
})
