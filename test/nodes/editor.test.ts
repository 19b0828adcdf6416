import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { runInNewContext } from 'node:vm'
import type { Red } from '../../nodes/red.ts'
import { readCoverage, readNumber, readWhole } from '../../nodes/settings.ts'
import { readStepSettings } from '../../nodes/stepSettings.ts'
import { readTrainSettings } from '../../nodes/trainSettings.ts'
import { checkModelOptions, checkStreamsOptions } from '../../src/forecast/options.ts'
import { splitPath } from '../../src/mqtt/payload.ts'

type Validate = (this: object, value: unknown, options: object) => true | string
interface Definition {
  readonly defaults: Readonly<Record<string, { readonly value: string; readonly validate?: Validate }>>
  readonly outputs: number
  readonly outputLabels: (this: object, index: number) => string
}

/** What the editor is told of the node: the script of its page, run on the least editor there can be. */
function definition(page: string): Definition {
  const html = readFileSync(new URL(`../../../nodes/${page}.html`, import.meta.url), 'utf8')
  const [, script] = /<script type="text\/javascript">(.*?)<\/script>/s.exec(html)!
  let registered: Definition | undefined
  const RED = {
    _: (key: string) => key,
    validators: { typedInput: () => () => true },
    nodes: {
      registerType: (_type: string, told: Definition) => {
        registered = told
      },
    },
  }
  runInNewContext(script, { RED })
  return registered!
}

const { defaults } = definition('forecast')
const step = definition('step').defaults
const train = definition('train').defaults
const model = definition('model').defaults
const fits = (name: string, value: unknown, of: Definition['defaults'] = defaults): boolean =>
  of[name].validate!.call({ periodUnit: 'ms' }, value, {}) === true
const throwsNothing = (run: () => void): boolean => {
  try {
    run()
    return true
  } catch {
    return false
  }
}

describe('gru-step in the editor', () => {
  it('takes its own defaults, blanks and variables', () => {
    for (const value of [step.maxStreams.value, '', '${NAME}']) assert.ok(fits('maxStreams', value, step))
    assert.ok(fits('features', [], step))
  })

  it('refuses what the runtime refuses', () => {
    const red = { util: { normalisePropertyExpression: () => [] } } as unknown as Red
    const runs = (settings: object): boolean =>
      throwsNothing(() => readStepSettings(red, { id: 'step', ...settings }))
    for (const maxStreams of ['0', '1', '1.5', 'many', '100000', '100001']) {
      assert.equal(fits('maxStreams', maxStreams, step), runs({ maxStreams }), maxStreams)
    }
    for (const name of ['AM2301.Temperature', 'a', 'a..b', '.a', '__proto__', 'a.constructor']) {
      assert.equal(fits('features', ['b', name], step), runs({ features: ['b', name] }), name)
    }
  })
})

describe('gru-train in the editor', () => {
  it('takes its own defaults, blanks and variables', () => {
    for (const name of ['horizon', 'saveAs', 'maxSeconds', 'epochs', 'seed']) {
      for (const value of [train[name].value, '', '${NAME}']) assert.ok(fits(name, value, train), name)
    }
  })

  it('refuses what the runtime refuses', () => {
    const values: [name: string, values: string[]][] = [
      ['horizon', ['0', '1', '1024', '1025', '1.5', 'many']],
      ['maxSeconds', ['0', '1', '86400', '86401']],
      ['epochs', ['0', '1', '1000', '1001']],
      ['seed', ['-1', '0', '4294967295', '4294967296']],
      ['saveAs', ['a', 'a.safetensors', '../a', '.a', 'a b', 'x'.repeat(52), 'x'.repeat(53)]],
    ]
    for (const [name, all] of values) {
      for (const value of all) {
        const runs = throwsNothing(() => readTrainSettings({ id: 'train', [name]: value }))
        assert.equal(fits(name, value, train), runs, `${name} ${value}`)
      }
    }
  })
})

describe('gru-model in the editor', () => {
  it('takes its own defaults, blanks and variables', () => {
    for (const name of ['horizon', 'season', 'segment', 'hiddenSize', 'budget']) {
      for (const value of [model[name].value, '', '${NAME}']) assert.ok(fits(name, value, model), name)
    }
  })

  it('refuses of the budget what the runtime refuses', () => {
    for (const value of ['-0.1', '0', '0.25', '1000', '1000.1', '1e9', 'all']) {
      const runs = throwsNothing(() => checkModelOptions({ budget: readNumber('budget', value) }))
      assert.equal(fits('budget', value, model), runs, value)
    }
  })
})

describe('gru-forecast in the editor', () => {
  it('takes its own defaults, blanks and variables', () => {
    for (const name of ['path', 'period', 'coverage', 'warmUp', 'maxStreams', 'metricsEvery']) {
      for (const value of [defaults[name].value, '', '${NAME}']) assert.ok(fits(name, value), name)
    }
  })

  const numbers: [name: string, values: number[]][] = [
    ['period', [0.5, 1, 3.2e10, 3.3e10]],
    ['coverage', [0, 0.01, 0.99, 1]],
    ['warmUp', [1, 2, 2.5, 4096, 4097]],
    ['maxStreams', [0, 1, 10_000, 10_001, 100_000]],
  ]
  for (const [name, values] of numbers) {
    it(`refuses of ${name} what the runtime refuses`, () => {
      for (const value of values) {
        const runs = throwsNothing(() => checkStreamsOptions({ [name]: value }))
        assert.equal(fits(name, String(value)), runs, String(value))
      }
    })
  }

  it('refuses of several coverages what the runtime refuses', () => {
    const all = [
      '0.5, 0.9',
      '0.5,0.9,',
      ',',
      '0.5, 0.5',
      '0.5, 0.50',
      '0.9, 1',
      '0,9',
      '0.5; 0.9',
      '90 %',
      '0.5, x',
    ]
    for (const value of [...all, '.1,.2,.3,.4,.5,.6,.7,.8', '.1,.2,.3,.4,.5,.6,.7,.8,.9']) {
      const runs = throwsNothing(() => checkStreamsOptions({ coverage: readCoverage(value) }))
      assert.equal(fits('coverage', value), runs, value)
    }
    assert.ok(fits('coverage', '0.5, 0.9'))
  })

  it('refuses of metrics what the runtime refuses', () => {
    for (const value of ['-1', '0', '1.5', '1000000', '1000001', 'often']) {
      const runs = throwsNothing(() => readWhole('metricsEvery', value, 1_000_000, 0))
      assert.equal(fits('metricsEvery', value), runs, value)
    }
  })

  it('has a label for each of its outputs', () => {
    const { outputs, outputLabels } = definition('forecast')
    const labels = Array.from({ length: outputs }, (_, i) =>
      outputLabels.call({ _: (key: string) => key }, i),
    )
    assert.deepEqual(
      labels,
      ['output', 'anomaly', 'metrics'].map((name) => `forecast.port.${name}`),
    )
  })

  it('refuses of paths what the runtime refuses', () => {
    const paths = ['AM2301.Temperature', 'a', 'a..b', '.a', 'a.', '__proto__', 'a.constructor', 'prototype.b']
    for (const path of paths) {
      assert.equal(
        fits('path', path),
        throwsNothing(() => splitPath(path)),
        path,
      )
    }
    assert.equal(fits('path', '__proto__'), false)
  })
})
