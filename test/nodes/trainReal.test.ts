import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Forecast } from '../../src/forecast/types.ts'
import { asked } from './asked.ts'
import { everyMinute, model, node, readings } from './flow.ts'
import { createRuntime, type Runtime } from './red.ts'
import { until } from './stepFlow.ts'
import { outs, tab, train, trainFlow } from './trainFlow.ts'

const HISTORY = readings('a', 0, 480).map(({ payload }) => payload)
const settings = { ...train, model: 'model', epochs: '30', wires: [['out'], []] }
const forecast = { ...node, ...everyMinute, wires: [['forecasts']] }
const models = { ...model, season: '24' }
const forecasts = { id: 'forecasts', type: 'helper', z: 'tab', x: 3, y: 1 }

describe('gru-train, with a real fit', () => {
  let red: Runtime
  const sent: Forecast[] = []
  const listen = (): void => {
    red.node('forecasts').on('input', ({ payload }) => sent.push(payload as Forecast))
  }
  beforeEach(() => {
    red = createRuntime()
    sent.length = 0
  })
  afterEach(() => red.dispose())

  const begin = { ...models, begin: 'plant.safetensors' }
  it('makes the model forecast, between two readings, and another one begin with the file', async () => {
    await red.start([tab, models, forecast, settings, forecasts, ...outs])
    listen()
    await red.give('node', readings('a', 480, 520))
    assert.equal(sent.at(-1)?.device, 'none')
    await red.give('train', [{ topic: 'a', payload: HISTORY }])
    await until('the fit', () => red.answers.some(({ msg }) => Array.isArray(msg.payload)), 50_000)
    assert.deepEqual(
      red.answers.flatMap(({ error }) => error ?? []),
      [],
    )
    await red.give('node', readings('a', 520, 560))
    const [first, last] = [sent[0], sent[sent.length - 1]]
    assert.equal(first.model, 'naive')
    assert.deepEqual([last.model, last.device], ['gru', 'cpu:wasm'])
    assert.equal(last.counts.restarts, 0)

    await red.stop()
    sent.length = 0
    const own = {
      id: 'other',
      type: 'gru-model',
      horizon: '6',
      learn: false,
      begin: begin.begin,
      device: 'wasm',
    }
    await red.start([tab, own, { ...forecast, id: 'node2', model: 'other' }, forecasts, ...outs])
    listen()
    const { host } = red.node('other')
    await until('the file', () => host?.model.version === 1)
    assert.equal(host?.model.fitted?.channels[0].key, 'a')
    await red.give('node2', readings('a', 480, 560))
    assert.equal(sent.at(-1)?.model, 'gru')
  })

  it('lists the files for gru-model, which says why it cannot begin with one', async () => {
    await red.start([tab, { ...models, begin: 'gone.safetensors' }, ...outs])
    await until('the error', () => red.errors.length === 1)
    assert.equal(
      red.errors[0],
      'model: the model cannot begin with "gone.safetensors": the model file "gone.safetensors" cannot be read: there is no such file',
    )
    assert.deepEqual(await asked(red, '/gru-model/models'), { status: 200, body: { files: [] } })
  })

  it('reads a file of the user directory', async () => {
    const rows = Array.from(
      { length: 200 },
      (_, i) => `${new Date(1.7e12 + i * 6e4).toISOString()},${i % 12}`,
    )
    writeFileSync(join(red.userDir, 'plant.csv'), ['time,belt', ...rows].join('\n'))
    await red.start(trainFlow({ history: 'file', epochs: '2' }))
    await red.give('train', [{ payload: 1 }, { filename: 'plant.csv' }, { filename: '../x.csv' }])
    await until('the answers', () => red.answers.length === 3, 50_000)
    const [unnamed, read, outside] = red.answers.map(({ error }) => error?.message)
    assert.match(unnamed ?? '', /is not named: msg\.filename must be its name, got undefined$/)
    assert.equal(read, undefined)
    assert.match(outside ?? '', /it lies outside/)
    assert.deepEqual((red.sent[0].payload as { channels: unknown }).channels, ['belt'])
  })

  it('ends a fit that is under way when it closes', async () => {
    await red.start(trainFlow({ epochs: '1000' }))
    const payload = Array.from({ length: 20_000 }, (_, i) => Math.sin(i / 7) + Math.sin(i / 3.3))
    await red.give('train', [{ payload }])
    await until('progress', () => red.statuses.some((text) => /^train: [▰▱]{5} \d+ % · /.test(text)), 50_000)
    await red.stop()
    assert.equal(red.answers[0].error?.message, 'the fit was stopped: the node was closed')
    assert.equal(red.sent.length, 0)
  })
})
