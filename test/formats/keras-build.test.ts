import assert from 'node:assert/strict'
import { build } from '../../src/formats/keras/build.ts'
import { createTensor } from '../../src/formats/tensor.ts'
import type { Tensor } from '../../src/formats/types.ts'

const zeros = (...shape: number[]): Tensor =>
  createTensor({ shape, dtype: 'F32', bytes: new Uint8Array(4 * shape.reduce((a, b) => a * b, 1)) })

describe('directions of Keras GRUs', () => {
  it('are refused when one has other biases than the other', () => {
    const cell = { kernel: zeros(2, 9), recurrent: zeros(3, 9), inputs: 2, units: 3 }
    const cells = [
      { ...cell, bias: zeros(2, 9) },
      { ...cell, bias: zeros(9) },
    ]
    const equations = {
      cell: 'reset-after',
      recurrentActivation: 'sigmoid',
      direction: 'bidirectional',
      everyStep: true,
    } as const
    assert.throws(() => build(equations, [cells], undefined), {
      name: 'FormatError',
      message: 'the directions of a GRU differ in the shape of their biases',
    })
  })
})
