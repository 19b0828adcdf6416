import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Message } from '../../nodes/red.ts'
import { readFitted } from '../../src/store/fitted.ts'
import { environment, model } from './flow.ts'
import { createRuntime, type Runtime } from './red.ts'
import { shown, until } from './stepFlow.ts'
import { fakeFits, metrics, outs, tab, train, trainFlow, zeros } from './trainFlow.ts'

const HISTORY = [1, 2, 3, 4, 5, 6]

describe('gru-train', () => {
  let red: Runtime
  let fits: ReturnType<typeof fakeFits>
  const scores: Message[] = []
  const errors = (): (string | undefined)[] => red.answers.map(({ error }) => error?.message)
  const answered = (count: number): Promise<void> =>
    until(`${count} answers`, () => red.answers.length >= count)
  const start = async (flow: object[] = trainFlow(), settings = {}): Promise<void> => {
    await red.start(flow, settings)
    red.node('metrics').on('input', (msg) => scores.push(msg))
  }

  beforeEach(() => {
    scores.length = 0
    fits = fakeFits()
    red = createRuntime(fits.register)
  })
  afterEach(() => red.dispose())

  it('sends what it has fitted, then how good it is, and is done', async () => {
    await start()
    await red.give('train', [{ topic: 'boiler', payload: HISTORY, complete: true, mine: 7 }])
    const fit = await fits.next()
    assert.deepEqual(
      fit.columns.map(({ name, values }) => [name, [...values]]),
      [['boiler', HISTORY]],
    )
    const { horizon, epochs, maxSeconds, seed, segment, hiddenSize, season } = fit.options
    assert.deepEqual([horizon, epochs, maxSeconds, seed], [4, 20, 600, 1])
    assert.deepEqual([segment, hiddenSize, season], [undefined, undefined, undefined])
    assert.equal(red.answers.length, 0)
    fit.finish()
    await answered(1)
    await until('both messages', () => red.sent.length === 1 && scores.length === 1)
    assert.deepEqual(errors(), [undefined])
    const { _msgid, ...sent } = red.sent[0]
    assert.deepEqual(sent, {
      topic: 'boiler',
      mine: 7,
      payload: {
        model: 'plant.safetensors',
        horizon: 4,
        segment: 4,
        hiddenSize: 4,
        season: 24,
        channels: ['boiler'],
        parameters: zeros(fit.columns).weights.length,
        epochs: 7,
        seconds: 1.5,
      },
    })
    assert.deepEqual(scores[0].payload, metrics)
    assert.equal(scores[0]._msgid, _msgid)
    await shown(red, /^train: 38 % better$/)
  })

  it('keeps the model as a file that can be read', async () => {
    await start(trainFlow({ saveAs: 'boilers' }))
    const payload = [0, 1, 2, 3, 4].map((i) => ({ time: 1.7e12 + i * 60_000, value: i }))
    await red.give('train', [{ topic: 'boiler', payload }])
    const fit = await fits.next()
    fit.finish()
    await answered(1)
    const bytes = readFileSync(join(red.userDir, 'gruflow', 'models', 'boilers.safetensors'))
    const saved = await readFitted(new Uint8Array(bytes))
    assert.deepEqual(saved.model, zeros(fit.columns))
    assert.deepEqual([saved.period, saved.metrics], [60_000, metrics])
  })

  const names: [name: string, saveAs: string, file: string][] = [
    ['', '', 'train.safetensors'],
    ['Kessel 3/ä', '', 'Kessel_3__.safetensors'],
    ['.x', '', '_x.safetensors'],
    ['x'.repeat(80), '', `${'x'.repeat(52)}.safetensors`],
    ['a', 'b.safetensors', 'b.safetensors'],
  ]
  it('calls the file as it is told, or as the node is called', async () => {
    for (const [name, saveAs, file] of names) {
      await start(trainFlow({ name, saveAs }))
      await red.give('train', [{ payload: HISTORY }])
      ;(await fits.next()).finish()
      const sent = red.sent.length
      await until('the message', () => red.sent.length > sent)
      assert.equal((red.sent[sent].payload as { model: string }).model, file)
      await red.stop()
    }
  })

  it('swaps the model into the one that it names, and learns for its shape', async () => {
    const flow = [
      tab,
      { ...model, horizon: '4', season: '24' },
      { ...train, model: 'model', horizon: '9' },
      ...outs,
    ]
    await start(flow)
    await red.give('train', [{ payload: HISTORY }])
    const fit = await fits.next()
    const { horizon, segment, hiddenSize, season } = fit.options
    assert.deepEqual([horizon, segment, hiddenSize, season], [4, 6, 8, 24])
    const { host } = red.node('model')
    assert.equal(host?.model.version, 0)
    fit.finish()
    await answered(1)
    assert.equal(host?.model.version, 1)
    assert.deepEqual(host?.model.fitted, zeros(fit.columns))
  })

  it('has no metrics of a history too short for any', async () => {
    await start()
    await red.give('train', [{ payload: HISTORY }])
    ;(await fits.next()).finish({ metrics: null })
    await answered(1)
    await shown(red, /^train: fitted$/)
    assert.deepEqual([red.sent.length, scores.length], [1, 0])
  })

  it('sends the model that it could not save, and says so', async () => {
    writeFileSync(join(red.userDir, 'gruflow'), 'no folder')
    await start()
    await red.give('train', [{ payload: HISTORY }])
    ;(await fits.next()).finish()
    await answered(1)
    assert.match(errors()[0] ?? '', /^the model file "plant\.safetensors" cannot be written: E\w+$/)
    await until('the message', () => red.sent.length === 1)
    assert.equal((red.sent[0].payload as { model: unknown }).model, null)
  })

  it('takes one history after the other, four wait at most, and answers each once', async () => {
    await start()
    const histories = Array.from({ length: 7 }, (_, i) => ({ payload: [i, i, i, 1] }))
    await red.give('train', histories)
    await answered(2)
    const refused = '4 histories wait for the fit under way already, this one is refused'
    assert.deepEqual(errors(), [refused, refused])
    for (let i = 0; i < 5; i++) {
      const fit = await fits.next()
      assert.equal(fits.count, i + 1, 'one at a time')
      assert.equal(fit.columns[0].values[0], i)
      if (i === 2) fit.fail(new Error('the worker ran out of memory'))
      else fit.finish()
    }
    await answered(7)
    assert.deepEqual(errors().slice(2), [
      undefined,
      undefined,
      'the worker ran out of memory',
      undefined,
      undefined,
    ])
    assert.equal(red.sent.length, 4)
  })

  it('ends what is under way and what waits at msg.reset', async () => {
    await start()
    await red.give('train', [{ payload: HISTORY }, { payload: HISTORY }, { payload: 5 }])
    const fit = await fits.next()
    await red.give('train', [{ reset: true }])
    await answered(4)
    const stopped = 'the fit was stopped: msg.reset'
    assert.deepEqual(errors(), [undefined, undefined, stopped, stopped])
    assert.ok(fit.options.signal?.aborted)
    await shown(red, /^train: stopped$/)
    await red.give('train', [{ complete: true }])
    await answered(5)
    assert.equal(errors()[4], 'msg.complete came before any row of a history')
    assert.equal(fits.count, 1)
  })

  it('ends what is under way when it closes', async () => {
    await start()
    await red.give('train', [{ payload: HISTORY }, { payload: HISTORY }])
    const fit = await fits.next()
    await red.deploy([tab, { ...train, name: 'other' }, ...outs])
    assert.ok(fit.options.signal?.aborted)
    const closed = 'the fit was stopped: the node was closed'
    assert.deepEqual(errors(), [closed, closed])
  })

  it('looks in the working directory for a file that its settings name, not for one that a message does', async () => {
    const refused: [settings: object, msg: Message, message: RegExp][] = [
      [{ filename: 'package.json' }, {}, /"package\.json" cannot be read: a table ends in \.csv/],
      [{}, { filename: resolve('package.json') }, /package\.json" cannot be read: it lies outside/],
      [{}, { filename: 'package.json' }, /"package\.json" cannot be read: there is no such file$/],
    ]
    for (const [settings, msg, message] of refused) {
      await start(trainFlow({ history: 'file', ...settings }))
      await red.give('train', [msg])
      await until('the error', () => message.test(errors().at(-1) ?? ''))
      await red.stop()
    }
  })

  it('takes settings from the environment', async () => {
    process.env.GRU_TEST_SECONDS = '7'
    try {
      await start(trainFlow({ maxSeconds: environment('GRU_TEST_SECONDS') }))
      await red.give('train', [{ payload: HISTORY }])
      assert.equal((await fits.next()).options.maxSeconds, 7)
    } finally {
      delete process.env.GRU_TEST_SECONDS
    }
  })

  const impossible: [settings: object, message: string][] = [
    [{ horizon: '1025' }, 'horizon must be a whole number from 1 to 1024, got 1025'],
    [{ maxSeconds: 'long' }, 'maxSeconds must be a number, got "long"'],
    [{ epochs: '1.5' }, 'epochs must be a whole number from 1 to 1000, got 1.5'],
    [{ seed: '-1' }, 'seed must be a whole number from 0 to 4294967295, got -1'],
    [{ history: 'disk' }, 'history must be payload or file, got "disk"'],
    [{ model: 'gone' }, 'the model "gone" is missing, disabled or has impossible settings'],
    [
      { saveAs: '../settings.js' },
      'a model file\'s name must be 1 to 64 letters, digits, dots, dashes and underscores, not beginning with a dot, got "../settings.js.safetensors"',
    ],
  ]
  it('says which setting is impossible, in the log and to every message', async () => {
    for (const [settings, message] of impossible) {
      await start(trainFlow(settings))
      await red.give('train', [{ payload: HISTORY }])
      assert.equal(red.errors.at(-1), `train: ${message}`)
      assert.equal(errors().at(-1), message)
      assert.equal(red.statuses.at(-1), 'train: check the settings')
      await red.stop()
    }
  })
})
