import assert from 'node:assert/strict'
import fc from 'fast-check'
import { layout } from '../../../src/engine/layout.ts'
import { gruSpec, stateSize } from '../../../src/engine/spec.ts'
import { createBptt, type Loss } from '../../../src/learn/bptt.ts'
import { mse } from '../../../src/learn/loss.ts'
import { createWasmBptt } from '../../../src/learn/wasm/bptt.ts'
import { cases, flat, packed, specOf } from '../fixtures.ts'
import { anySize, anySpec, type GradientCase, lossOf } from '../gradients.ts'
import { dot, numbers, worst } from '../numeric.ts'
import { builds } from './builds.ts'

/** Gradients of small nets: sums of products of magnitude 1, in float32. */
const TOLERANCE = 2e-5

for (const build of builds) {
  for (const file of [
    'seed2-pytorch/gradients.json',
    'seed3-keras/seed_cell.json',
    'seed3-keras/keras_gru.json',
  ]) {
    describe(`backpropagation through time in WebAssembly, ${build}: ${file}`, () => {
      let worstForward = 0
      let worstGradient = 0
      for (const c of cases<GradientCase>(file)) {
        it(c.expect.grads ? c.name : `${c.name} (outputs only: the file has no gradients)`, () => {
          const spec = specOf(c)
          const weights = packed(spec, c.layers, c.head)
          const bptt = createWasmBptt(spec, weights, { batch: c.batch, time: c.steps, build })
          const run = bptt.run(flat(c.x), c.h0 === null ? null : flat(c.h0), lossOf(c))
          const forward = Math.max(worst(run.y, flat(c.expect.y)), worst(run.hn, flat(c.expect.hn)))
          assert.ok(forward <= c.tol, `outputs differ by ${forward}`)
          worstForward = Math.max(worstForward, forward)
          if (!c.expect.grads) return
          const { layers, x, h0, head } = c.expect.grads
          const tol = c.grad_tol ?? c.tol
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
        console.log(`      worst error: outputs ${worstForward}, gradients ${worstGradient}`)
      })
    })
  }

  describe(`backpropagation through time in WebAssembly, ${build}`, () => {
    it('has the gradients of the float64 version, for any specification', () => {
      const wide = fc.record({ inputSize: fc.integer({ min: 1, max: 20 }), hiddenSize: fc.nat({ max: 20 }) })
      fc.assert(
        fc.property(anySpec, wide, anySize, fc.nat(), (small, { inputSize, hiddenSize }, size, seed) => {
          const spec = gruSpec({ ...small, inputSize, hiddenSize: hiddenSize + 1 })
          const random = numbers(seed)
          const weights = random(layout(spec).size)
          const x = random(size.batch * size.time * spec.inputSize)
          const h0 = random(size.batch * stateSize(spec))
          const dhn = random(h0.length)
          const features = spec.outputSize || (spec.direction === 'bidirectional' ? 2 : 1) * spec.hiddenSize
          const dy = random(size.batch * size.time * features)
          const loss: Loss = ({ y, hn }, gradient) => {
            gradient.y.set(dy)
            gradient.hn.set(dhn)
            return dot(y, dy) + dot(hn, dhn)
          }
          const exact = createBptt(spec, weights, size).run(x, h0, loss)
          const bptt = createWasmBptt(spec, weights, { ...size, build })
          // Once more on other numbers first: nothing of a run may be left in the next.
          bptt.run(random(x.length), null, loss)
          const run = bptt.run(x, h0, loss)
          for (const what of ['y', 'hn', 'weights', 'x', 'h0'] as const) {
            const scale = exact[what].reduce((max, v) => Math.max(max, Math.abs(v)), 1)
            const error = worst(run[what], exact[what]) / scale
            assert.ok(error < TOLERANCE, `${what} differs by ${error}`)
          }
        }),
        { numRuns: 150 },
      )
    })

    it('gives the same digits each time', () => {
      const spec = gruSpec({
        inputSize: 3,
        hiddenSize: 20,
        layers: 2,
        direction: 'bidirectional',
        outputSize: 2,
      })
      const weights = numbers(1)(layout(spec).size)
      const x = numbers(2)(5 * 6 * 3)
      const target = numbers(3)(5 * 6 * 2)
      const train = () => {
        const bptt = createWasmBptt(spec, weights, { batch: 5, time: 6, build })
        for (let i = 0; i < 20; i++) {
          bptt.run(x, null, mse(target))
          bptt.clip(0.5)
          bptt.step(0.01)
        }
        return bptt.weights()
      }
      assert.deepEqual(train(), train())
      assert.notDeepEqual(train(), Float32Array.from(weights))
    })

    it('gives back the weights it was given, also those without effect', () => {
      for (const cell of ['reset-after', 'no-carry'] as const) {
        const spec = gruSpec({ inputSize: 3, hiddenSize: 5, cell, update: 'write', outputSize: 2 })
        const [first, second] = [numbers(1), numbers(2)].map((random) =>
          Float32Array.from(random(layout(spec).size)),
        )
        const bptt = createWasmBptt(spec, first, { batch: 1, time: 1, build })
        assert.deepEqual(bptt.weights(), first)
        bptt.load(second)
        assert.deepEqual(bptt.weights(), second)
      }
    })

    it('continues a sequence from the carried state', () => {
      const spec = gruSpec({ inputSize: 2, hiddenSize: 3, layers: 2 })
      const weights = numbers(3)(layout(spec).size)
      const x = numbers(4)(8 * 2)
      const loss = () => 0
      const whole = createWasmBptt(spec, weights, { batch: 1, time: 8, build }).run(x, null, loss)
      const half = createWasmBptt(spec, weights, { batch: 1, time: 4, build })
      const second = half.run(x.subarray(8), half.run(x.subarray(0, 8), null, loss).hn, loss)
      assert.deepEqual(second.y, whole.y.slice(4 * 3))
      assert.deepEqual(second.hn, whole.hn)
    })
  })
}

describe('backpropagation through time in WebAssembly', () => {
  it('refuses what does not fit', () => {
    const spec = gruSpec({ inputSize: 2, hiddenSize: 3 })
    const weights = new Float64Array(layout(spec).size)
    const open = (batch: number, time: number) => createWasmBptt(spec, weights, { batch, time })
    assert.throws(() => open(0, 1), /RangeError: batch .* got 0/)
    assert.throws(() => open(1, 1.5), /RangeError: time .* got 1.5/)
    assert.throws(
      () => createWasmBptt(spec, weights.subarray(1), { batch: 1, time: 1 }),
      /RangeError: weights must hold 63 values, got 62/,
    )
    const bptt = open(1, 1)
    assert.throws(() => bptt.load([1]), /RangeError: weights must hold 63 values, got 1/)
    assert.throws(
      () => bptt.run(new Float64Array(1), null, () => 0),
      /RangeError: x must hold 2 values, got 1/,
    )
    assert.throws(
      () => bptt.run(new Float64Array(2), new Float64Array(4), () => 0),
      /RangeError: h0 must hold 3 values, got 4/,
    )
    const hard = { ...spec, recurrentActivation: 'hard-sigmoid' as const }
    assert.throws(
      () => createWasmBptt(hard, weights, { batch: 1, time: 1 }),
      /RangeError: learning needs .* sigmoid, got hard-sigmoid/,
    )
  })
})
