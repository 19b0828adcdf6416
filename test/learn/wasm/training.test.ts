import assert from 'node:assert/strict'
import { layout } from '../../../src/engine/layout.ts'
import { gruSpec } from '../../../src/engine/spec.ts'
import { mse } from '../../../src/learn/loss.ts'
import { createWasmBptt } from '../../../src/learn/wasm/bptt.ts'
import type { OptimiserOptions } from '../../../src/learn/wasm/optimiser.ts'
import { cases, flat, packed, specOf } from '../fixtures.ts'
import { worst } from '../numeric.ts'
import { chunk, type TrainingCase } from '../training.ts'
import { builds } from './builds.ts'

function optimiserOf({ optimizer }: TrainingCase): OptimiserOptions {
  const { kind, lr: learningRate, beta1, beta2, eps: epsilon, momentum, alpha } = optimizer
  switch (kind) {
    case 'adam':
      return { kind, learningRate, beta1, beta2, epsilon }
    case 'sgd':
      return { kind, learningRate, ...(momentum === undefined ? {} : { momentum }) }
    case 'rmsprop':
      return { kind, learningRate, alpha: alpha!, epsilon }
    default:
      throw new Error(`unknown optimiser ${kind}`)
  }
}

for (const build of builds) {
  describe(`training in WebAssembly, ${build}, as PyTorch trains: seed2-pytorch/training.json`, () => {
    const all = cases<TrainingCase>('seed2-pytorch/training.json')
    let worstError = 0
    for (const c of all) {
      it(c.name, () => {
        const spec = specOf(c)
        const steps = c.tbptt ?? c.steps
        const [x, target] = [flat(c.x), flat(c.target!)]
        const optimiser = optimiserOf(c)
        const weights = packed(spec, c.layers, c.head)
        const bptt = createWasmBptt(spec, weights, { batch: c.batch, time: steps, optimiser, build })
        const losses: number[] = []
        const norms: number[] = []
        let carried: Float32Array | null = null
        for (let update = 0, from = 0; update < c.updates; update++, from = (from + steps) % c.steps) {
          if (from === 0) carried = null
          const run = bptt.run(chunk(x, c, from, steps), carried, mse(chunk(target, c, from, steps)))
          losses.push(run.loss)
          norms.push(bptt.clip(c.clip_norm ?? Number.POSITIVE_INFINITY))
          bptt.step()
          carried = run.hn
        }
        const trained = bptt.weights()
        const whole = createWasmBptt(spec, trained, { batch: c.batch, time: c.steps, build })
        const errors = {
          losses: worst(losses, c.expect.losses),
          norms: worst(norms, c.expect.grad_norms),
          'final loss': Math.abs(whole.run(x, null, mse(target)).loss - c.expect.final_full_loss),
          weights: worst(trained, packed(spec, c.expect.layers, c.expect.head)),
        }
        for (const [what, error] of Object.entries(errors))
          assert.ok(error <= c.tol, `${what} differ by ${error}`)
        worstError = Math.max(worstError, ...Object.values(errors))
      })
    }
    after(() => console.log(`      worst error of ${all.length} cases: ${worstError}`))
  })
}

describe('optimisers in WebAssembly', () => {
  const spec = gruSpec({ inputSize: 1, hiddenSize: 1 })
  const open = (optimiser: OptimiserOptions) =>
    createWasmBptt(spec, new Float64Array(layout(spec).size), { batch: 1, time: 1, optimiser })

  it('take another learning rate for one step', () => {
    for (const kind of ['adam', 'sgd', 'rmsprop'] as const) {
      const moved = [0.1, 0.2].map((rate) => {
        const bptt = open({ kind, learningRate: 0.1 })
        bptt.run(Float32Array.of(1), null, mse([1]))
        bptt.step(rate)
        return bptt.weights()
      })
      assert.ok(moved[0].some((w) => w !== 0))
      assert.ok(
        worst(
          moved[1],
          moved[0].map((w) => 2 * w),
        ) < 1e-6,
        kind,
      )
    }
  })

  it('refuse options that cannot be used', () => {
    assert.throws(() => open({ kind: 'adam', beta1: 1 }), /RangeError: beta1 cannot be 1/)
    assert.throws(() => open({ kind: 'sgd', learningRate: 0 }), /RangeError: learningRate cannot be 0/)
    assert.throws(() => open({ kind: 'sgd', momentum: 1 }), /RangeError: momentum cannot be 1/)
    assert.throws(() => open({ kind: 'rmsprop', alpha: -1 }), /RangeError: alpha cannot be -1/)
    assert.throws(() => open({ kind: 'rmsprop', epsilon: NaN }), /RangeError: epsilon cannot be NaN/)
    // Zero in float32.
    assert.throws(() => open({ kind: 'adam', epsilon: 1e-46 }), /RangeError: epsilon cannot be 1e-46/)
  })

  it('tell a gradient that is not finite', () => {
    const bptt = open({ kind: 'adam' })
    bptt.run(Float32Array.of(NaN), null, mse([1]))
    assert.ok(Number.isNaN(bptt.clip(1)))
  })
})
