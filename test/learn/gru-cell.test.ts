import assert from 'node:assert/strict'
import fc from 'fast-check'
import { layout } from '../../src/engine/layout.ts'
import { type GruSpec, gruSpec } from '../../src/engine/spec.ts'
import { sigmoid, tanh } from '../../src/learn/activation.ts'
import { createCell } from '../../src/learn/gru-cell.ts'
import { assertGradient, dot, numbers, worst } from './numeric.ts'

const anySpec = fc
  .record({
    inputSize: fc.integer({ min: 1, max: 5 }),
    hiddenSize: fc.integer({ min: 1, max: 5 }),
    cell: fc.constantFrom<GruSpec['cell'][]>('reset-after', 'reset-before', 'no-reset', 'no-carry'),
    update: fc.constantFrom<GruSpec['update'][]>('keep', 'write'),
    biases: fc.constantFrom<GruSpec['biases'][]>(0, 1, 2),
  })
  .map(gruSpec)

function open(spec: GruSpec, rows: number, seed: number) {
  const random = numbers(seed)
  const { cells, size } = layout(spec)
  const weights = random(size)
  const grads = new Float64Array(size)
  const cell = createCell(spec, cells[0], weights, grads)
  const x = random(rows * spec.inputSize)
  const h = random(rows * spec.hiddenSize)
  const dh = random(rows * spec.hiddenSize)
  return { weights, grads, cell, cache: cell.cache(rows), x, h, dh, out: new Float64Array(h.length) }
}

describe('GRU cell for learning', () => {
  it('has sigmoid and tanh to 1e-15, with NaN kept', () => {
    for (let x = -60; x <= 60; x += 0.0137) {
      assert.ok(Math.abs(sigmoid(x) - 1 / (1 + Math.exp(-x))) < 1e-15, `sigmoid(${x})`)
      assert.ok(Math.abs(tanh(x) - Math.tanh(x)) < 1e-15, `tanh(${x})`)
    }
    assert.deepEqual([sigmoid(NaN), tanh(NaN)], [NaN, NaN])
    assert.deepEqual([sigmoid(Infinity), tanh(-Infinity), tanh(0)], [1, -1, 0])
  })

  it('has the gradients that finite differences have, for every cell, update and bias', () => {
    fc.assert(
      fc.property(anySpec, fc.integer({ min: 1, max: 9 }), fc.nat(), (spec, rows, seed) => {
        const { weights, grads, cell, cache, x, h, dh, out } = open(spec, rows, seed)
        const dx = numbers(seed + 1)(x.length)
        const dhPrev = numbers(seed + 2)(h.length)
        cell.forward(x, h, out, cache)
        cell.backward(cache, dh.slice(), dx, dhPrev)
        const loss = () => {
          cell.forward(x, h, out, cache)
          return dot(out, dh)
        }
        assertGradient('weights', loss, weights, grads)
        assertGradient('x', loss, x, dx)
        assertGradient('h', loss, h, dhPrev)
      }),
      { numRuns: 150 },
    )
  })

  it('gives the same gradients in place, and without those that are not wanted', () => {
    fc.assert(
      fc.property(anySpec, fc.integer({ min: 1, max: 9 }), fc.nat(), (spec, rows, seed) => {
        const { grads, cell, cache, x, h, dh, out } = open(spec, rows, seed)
        const dhPrev = new Float64Array(h.length)
        cell.forward(x, h, out, cache)
        cell.backward(cache, dh, new Float64Array(x.length), dhPrev)
        const once = grads.slice()
        grads.fill(0)
        cell.forward(x, h, out, cache)
        cell.backward(cache, dh.slice(), null, null)
        assert.ok(worst(grads, once) < 1e-14)
        cell.forward(x, h, out, cache)
        cell.backward(cache, dh, null, dh)
        assert.ok(worst(dh, dhPrev) < 1e-14)
        assert.ok(
          worst(
            grads,
            once.map((g) => 2 * g),
          ) < 1e-13,
          'gradients are added up',
        )
      }),
    )
  })

  it('follows weights that change between steps', () => {
    const { weights, cell, cache, x, h, out } = open(gruSpec({ inputSize: 3, hiddenSize: 4 }), 2, 7)
    weights.fill(0)
    cell.forward(x, h, out, cache)
    assert.deepEqual(
      out,
      h.map((v) => v / 2),
    )
  })

  it('refuses gates that are not sigmoids', () => {
    const spec = gruSpec({ inputSize: 1, hiddenSize: 1, recurrentActivation: 'hard-sigmoid' })
    assert.throws(() => open(spec, 1, 1), /RangeError: learning needs .* sigmoid, got hard-sigmoid/)
  })
})
