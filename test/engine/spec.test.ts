import assert from 'node:assert/strict'
import { gruSpec } from '../../src/engine/spec.ts'

describe('gruSpec', () => {
  it('completes sizes with the equations of PyTorch', () => {
    assert.deepEqual(gruSpec({ inputSize: 2, hiddenSize: 3 }), {
      inputSize: 2,
      hiddenSize: 3,
      layers: 1,
      cell: 'reset-after',
      update: 'keep',
      recurrentActivation: 'sigmoid',
      direction: 'forward',
      biases: 2,
      outputSize: 0,
    })
  })

  it('refuses what cannot be used, with the value', () => {
    const refused: [object, RegExp][] = [
      [{ inputSize: 0 }, /RangeError: inputSize .* got 0/],
      [{ hiddenSize: 1.5 }, /RangeError: hiddenSize .* got 1.5/],
      [{ layers: 65 }, /RangeError: layers .* got 65/],
      [{ outputSize: -1 }, /RangeError: outputSize .* got -1/],
      [{ cell: 'lstm' }, /RangeError: cell must be one of reset-after, .* got lstm/],
      [{ update: 'mix' }, /RangeError: update .* got mix/],
      [{ recurrentActivation: 'relu' }, /RangeError: recurrentActivation .* sigmoid, hard-sigmoid, got relu/],
      [{ direction: 'up' }, /RangeError: direction .* got up/],
      [{ biases: 3 }, /RangeError: biases .* got 3/],
    ]
    for (const [options, message] of refused) {
      assert.throws(() => gruSpec({ inputSize: 1, hiddenSize: 1, ...options }), message)
    }
  })
})
