import assert from 'node:assert/strict'
import fc from 'fast-check'
import { layout } from '../../src/engine/layout.ts'
import { gruSpec, stateSize } from '../../src/engine/spec.ts'
import { createBptt, type Loss } from '../../src/learn/bptt.ts'
import { mse } from '../../src/learn/loss.ts'
import { cases, flat, packed, specOf } from './fixtures.ts'
import { anySize, anySpec, type GradientCase, lossOf } from './gradients.ts'
import { assertGradient, dot, numbers, worst } from './numeric.ts'

for (const file of [
  'seed2-pytorch/gradients.json',
  'seed3-keras/seed_cell.json',
  'seed3-keras/keras_gru.json',
]) {
  describe(`backpropagation through time: ${file}`, () => {
    let worstForward = 0
    let worstGradient = 0
    const all = cases<GradientCase>(file)
    for (const c of all) {
      it(c.expect.grads ? c.name : `${c.name} (outputs only: the file has no gradients)`, () => {
        const spec = specOf(c)
        const bptt = createBptt(spec, packed(spec, c.layers, c.head), { batch: c.batch, time: c.steps })
        const run = bptt.run(flat(c.x), c.h0 === null ? null : flat(c.h0), lossOf(c))
        const forwardTol = c.tol64 ?? c.tol
        const forward = Math.max(worst(run.y, flat(c.expect.y)), worst(run.hn, flat(c.expect.hn)))
        assert.ok(forward <= forwardTol, `outputs differ by ${forward}`)
        worstForward = Math.max(worstForward, forward)
        if (!c.expect.grads) return
        const { layers, x, h0, head } = c.expect.grads
        const tol = c.tol64 ?? c.grad_tol!
        const errors = {
          loss: Math.abs(run.loss - c.expect.loss!),
          weights: worst(run.weights, packed(spec, layers, head)),
          x: worst(run.x, flat(x)),
          h0: h0 === null ? 0 : worst(run.h0, flat(h0)),
        }
        for (const [what, error] of Object.entries(errors))
          assert.ok(error <= tol, `${what} differs by ${error}`)
        worstGradient = Math.max(worstGradient, ...Object.values(errors))
      })
    }
    after(() => {
      console.log(
        `      worst error of ${all.length} cases: outputs ${worstForward}, gradients ${worstGradient}`,
      )
    })
  })
}

describe('backpropagation through time', () => {
  it('has the gradients that finite differences have, for any specification', () => {
    fc.assert(
      fc.property(anySpec, anySize, fc.nat(), (spec, size, seed) => {
        const random = numbers(seed)
        const weights = random(layout(spec).size)
        const bptt = createBptt(spec, weights, size)
        const x = random(size.batch * size.time * spec.inputSize)
        const h0 = random(size.batch * stateSize(spec))
        const dhn = random(h0.length)
        const dy = random(bptt.run(x, h0, () => 0).y.length)
        const loss: Loss = ({ y, hn }, gradient) => {
          gradient.y.set(dy)
          gradient.hn.set(dhn)
          return dot(y, dy) + dot(hn, dhn)
        }
        const run = bptt.run(x, h0, loss)
        const { weights: dWeights, x: dx, h0: dh0 } = structuredClone(run)
        const value = () => bptt.run(x, h0, loss).loss
        assertGradient('weights', value, weights, dWeights)
        assertGradient('x', value, x, dx)
        assertGradient('h0', value, h0, dh0)
      }),
      { numRuns: 100 },
    )
  })

  it('continues a sequence from the carried state', () => {
    const spec = gruSpec({ inputSize: 2, hiddenSize: 3, layers: 2 })
    const random = numbers(3)
    const weights = random(layout(spec).size)
    const x = random(8 * 2)
    const loss = () => 0
    const whole = createBptt(spec, weights, { batch: 1, time: 8 }).run(x, null, loss)
    const half = createBptt(spec, weights, { batch: 1, time: 4 })
    const first = half.run(x.subarray(0, 8), null, loss)
    const second = half.run(x.subarray(8), first.hn, loss)
    assert.deepEqual(second.y, whole.y.slice(4 * 3))
    assert.deepEqual(second.hn, whole.hn)
  })

  it('refuses what does not fit', () => {
    const spec = gruSpec({ inputSize: 2, hiddenSize: 3 })
    const weights = new Float64Array(layout(spec).size)
    assert.throws(
      () => createBptt(spec, weights.subarray(1), { batch: 1, time: 1 }),
      /RangeError: weights must hold 63 values, got 62/,
    )
    assert.throws(() => createBptt(spec, weights, { batch: 0, time: 1 }), /RangeError: batch .* got 0/)
    assert.throws(() => createBptt(spec, weights, { batch: 1, time: 1.5 }), /RangeError: time .* got 1.5/)
    const bptt = createBptt(spec, weights, { batch: 1, time: 1 })
    assert.throws(
      () => bptt.run(new Float64Array(1), null, () => 0),
      /RangeError: x must hold 2 values, got 1/,
    )
    assert.throws(
      () => bptt.run(new Float64Array(2), new Float64Array(4), () => 0),
      /RangeError: h0 must hold 3 values, got 4/,
    )
    assert.throws(
      () => bptt.run(new Float64Array(2), null, mse(new Float64Array(2))),
      /RangeError: target must hold 3 values, got 2/,
    )
  })
})
