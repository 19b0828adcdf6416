import assert from 'node:assert/strict'
import { gruSpec } from '../../src/engine/spec.ts'
import { checkPreprocessing } from '../../src/formats/preprocessing.ts'

const spec = gruSpec({ inputSize: 2, hiddenSize: 3, outputSize: 1 })

describe('checkPreprocessing', () => {
  it('keeps what is given, and no defaults', () => {
    const value = { inputs: [{ name: 'temperature', mean: 20 }, { std: 0.5 }], outputs: [{}] }
    assert.deepEqual(checkPreprocessing(spec, value), value)
    assert.deepEqual(checkPreprocessing(spec, {}), {})
  })

  const refusals: readonly (readonly [unknown, string])[] = [
    [[], 'preprocessing must be an object, got an array of 0'],
    [{ input: [] }, 'preprocessing has the unknown field "input"; known are inputs, outputs'],
    [{ inputs: {} }, 'preprocessing.inputs must be an array of 2, got an object without fields'],
    [{ outputs: [{}, {}] }, 'preprocessing.outputs must be an array of 1, got an array of 2'],
    [{ outputs: [null] }, 'preprocessing.outputs[0] must be an object, got null'],
    [
      { outputs: [{ scale: 1 }] },
      'preprocessing.outputs[0] has the unknown field "scale"; known are name, mean, std',
    ],
    [{ outputs: [{ name: '' }] }, 'preprocessing.outputs[0].name must be 1 to 256 characters, got ""'],
    [{ outputs: [{ mean: '1' }] }, 'preprocessing.outputs[0].mean must be a finite number, got "1"'],
    [{ outputs: [{ mean: Number.NaN }] }, 'preprocessing.outputs[0].mean must be a finite number, got NaN'],
    [{ outputs: [{ std: 0 }] }, 'preprocessing.outputs[0].std must be a finite number above 0, got 0'],
    [
      { outputs: [{ std: Infinity }] },
      'preprocessing.outputs[0].std must be a finite number above 0, got Infinity',
    ],
  ]
  for (const [value, message] of refusals) {
    it(`says: ${message}`, () => {
      assert.throws(() => checkPreprocessing(spec, value), { name: 'RangeError', message })
    })
  }
})
