import assert from 'node:assert/strict'
import type { Forecast } from '../../src/forecast/types.ts'
import { environment, model, node, out, readings, tab } from './flow.ts'
import { createRuntime, type Runtime } from './red.ts'

describe('gru-forecast, impossible settings', () => {
  let red: Runtime
  const forecasts = (): Forecast[] => red.sent.map((msg) => msg.payload as Forecast)

  beforeEach(() => {
    red = createRuntime()
  })
  afterEach(() => red.dispose())

  const cases: [settings: object, reason: RegExp][] = [
    [{ warmUp: '1' }, /warmUp must be a whole number from 2 to 4096, got 1$/],
    [{ warmUp: 'many' }, /warmUp must be a number, got "many"$/],
    [{ coverage: '1' }, /coverage must lie between 0 and 1, got 1$/],
    [{ coverage: environment('GRUFLOW_NOT_SET') }, /coverage must be a number, got "\$\{GRUFLOW_NOT_SET\}"$/],
    [{ coverage: '0.5, 1' }, /coverage must lie between 0 and 1, got 1$/],
    [{ coverage: '0.5, many' }, /coverage must be a number, got "many"$/],
    [{ coverage: '0.5,' }, /coverage must be numbers with commas between, got "0.5,"$/],
    [{ coverage: '90 %' }, /coverage must be a number, got "90 %"$/],
    [{ metricsEvery: '-1' }, /metricsEvery must be a whole number from 0 to 1000000, got -1$/],
    [{ metricsEvery: 'often' }, /metricsEvery must be a number, got "often"$/],
    [{ period: '-5' }, /period must be 1 ms to 1 year in milliseconds, got -5000$/],
    [{ period: '5', periodUnit: 'weeks' }, /period must be in ms, s, min or h, got "weeks"$/],
    [{ maxStreams: '0' }, /maxStreams must be a whole number from 1 to 10000, got 0$/],
    [{ property: 'a[' }, /property must name a property of the message, got "a\["$/],
    [{ keyProperty: 'a b' }, /keyProperty must name a property of the message, got "a b"$/],
    [{ keyProperty: 5 }, /keyProperty must name a property of the message, got 5$/],
    [{ timeProperty: 'a..b' }, /timeProperty must name a property of the message, got "a\.\.b"$/],
    [{ timeType: 'msg', timeProperty: '' }, /timeProperty must name a property of the message, got ""$/],
    [{ path: 'a..b' }, /path must be names with dots between them, .* got "a\.\.b"$/],
    [{ path: '__proto__' }, /path must be names with dots .* none of __proto__, .* got "__proto__"$/],
    [{ path: 5 }, /path must be names with dots between them, .* got 5$/],
    [{ model: 'gone' }, /the model "gone" is missing, disabled or has impossible settings$/],
  ]
  for (const [settings, reason] of cases) {
    it(`${JSON.stringify(settings)} turn the node red, and every message is told why`, async () => {
      await red.start([tab, model, { ...node, ...settings }, out])
      assert.equal(red.errors.length, 1)
      assert.match(red.errors[0], reason)
      assert.deepEqual(red.statuses, ['node: check the settings'])
      await red.give('node', readings('t', 0, 10))
      assert.equal(red.answers.length, 10)
      for (const { error } of red.answers) assert.match(error!.message, reason)
      assert.equal(red.sent.length, 0)
    })
  }

  it('of the model are said by both', async () => {
    await red.start([tab, { ...model, hiddenSize: '30' }, node, out])
    assert.equal(red.errors[0], 'model: hiddenSize must be a multiple of 4, got 30')
    assert.match(red.errors[1], /^node: the model "model" is missing, disabled or has impossible settings$/)
  })

  it('of the budget are those of the model', async () => {
    await red.start([tab, { ...model, budget: 'all' }, out])
    assert.deepEqual(red.errors, ['model: budget must be a number, got "all"'])
  })

  it('are not those of blank fields', async () => {
    const blank = {
      period: '',
      warmUp: '',
      coverage: '',
      maxStreams: '',
      metricsEvery: '',
      property: '',
      keyProperty: '',
      path: '',
      timeProperty: '',
    }
    await red.start([tab, { ...model, season: '', horizon: '', budget: '' }, { ...node, ...blank }, out])
    await red.give('node', readings('t', 0, 64))
    assert.equal(red.sent.length, 1)
    assert.equal(forecasts()[0].mean.length, 24)
  })
})
