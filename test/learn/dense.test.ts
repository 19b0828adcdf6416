import assert from 'node:assert/strict'
import fc from 'fast-check'
import { createDense } from '../../src/learn/dense.ts'
import { assertGradient, dot, numbers, worst } from './numeric.ts'

describe('dense layer', () => {
  it('is W·x + b', () => {
    const weights = Float64Array.of(1, 2, 3, 4, 5, 6, 10, 20)
    const layer = createDense({ inputs: 3, outputs: 2, W: 0, b: 6 }, weights, new Float64Array(8))
    const y = new Float64Array(4)
    layer.forward(Float64Array.of(1, 0, 0, 1, 1, 1), y, 2)
    assert.deepEqual([...y], [11, 24, 16, 35])
  })

  it('has the gradients that finite differences have, at any size', () => {
    const size = fc.integer({ min: 1, max: 6 })
    fc.assert(
      fc.property(
        size,
        size,
        fc.integer({ min: 1, max: 70 }),
        fc.boolean(),
        fc.nat(),
        (inputs, outputs, rows, bias, seed) => {
          const random = numbers(seed)
          const weights = random(inputs * outputs + outputs)
          const grads = new Float64Array(weights.length)
          const b = bias ? inputs * outputs : -1
          const layer = createDense({ inputs, outputs, W: 0, b }, weights, grads)
          const x = random(rows * inputs)
          const dy = random(rows * outputs)
          const y = new Float64Array(rows * outputs)
          const dx = random(rows * inputs)
          layer.backward(x, dy, dx, rows)
          const loss = () => {
            layer.forward(x, y, rows)
            return dot(y, dy)
          }
          assertGradient('weights', loss, weights, grads)
          assertGradient('x', loss, x, dx)
        },
      ),
      { numRuns: 40 },
    )
  })

  it('adds to gradients, and leaves out dx when it is not wanted', () => {
    const random = numbers(1)
    const weights = random(8)
    const [once, twice] = [new Float64Array(8), new Float64Array(8)]
    const [x, dy] = [random(15), random(10)]
    const shape = { inputs: 3, outputs: 2, W: 0, b: 6 }
    createDense(shape, weights, once).backward(x, dy, new Float64Array(15), 5)
    const layer = createDense(shape, weights, twice)
    layer.backward(x, dy, null, 5)
    layer.backward(x, dy, null, 5)
    assert.ok(
      worst(
        twice,
        once.map((g) => 2 * g),
      ) < 1e-14,
    )
  })
})
