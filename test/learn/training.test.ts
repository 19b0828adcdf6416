import assert from 'node:assert/strict'
import { createAdam } from '../../src/learn/adam.ts'
import { createBptt } from '../../src/learn/bptt.ts'
import { clipGradients } from '../../src/learn/clip.ts'
import { mse } from '../../src/learn/loss.ts'
import { cases, flat, packed, specOf } from './fixtures.ts'
import { worst } from './numeric.ts'
import { chunk, type TrainingCase } from './training.ts'

/** Trains as the fixture's maker did: one update a chunk, state carried inside a pass, zero where a pass begins. */
function train(c: TrainingCase) {
  const spec = specOf(c)
  const weights = packed(spec, c.layers, c.head)
  const steps = c.tbptt ?? c.steps
  const x = flat(c.x)
  const target = flat(c.target!)
  const bptt = createBptt(spec, weights, { batch: c.batch, time: steps })
  const { lr: learningRate, beta1, beta2, eps: epsilon } = c.optimizer
  const adam = createAdam(weights.length, { learningRate, beta1, beta2, epsilon })
  const losses: number[] = []
  const norms: number[] = []
  let carried: Float64Array | null = null
  for (let update = 0, from = 0; update < c.updates; update++, from = (from + steps) % c.steps) {
    if (from === 0) carried = null
    const run = bptt.run(chunk(x, c, from, steps), carried, mse(chunk(target, c, from, steps)))
    losses.push(run.loss)
    norms.push(clipGradients(run.weights, c.clip_norm ?? Number.POSITIVE_INFINITY))
    adam.step(weights, run.weights)
    carried = run.hn
  }
  const whole = createBptt(spec, weights, { batch: c.batch, time: c.steps })
  const finalLoss = whole.run(x, null, mse(target)).loss
  return { losses, norms, finalLoss, weights, expected: packed(spec, c.expect.layers, c.expect.head) }
}

describe('training as PyTorch trains: seed2-pytorch/training.json', () => {
  // The file also holds SGD, momentum and RMSprop, which there are in WebAssembly alone.
  const adam = cases<TrainingCase>('seed2-pytorch/training.json').filter((c) => c.optimizer.kind === 'adam')
  const worsts = { float64: 0, float32: 0 }
  for (const c of adam) {
    it(c.name, () => {
      const { losses, norms, finalLoss, weights, expected } = train(c)
      const tol = c.dtype === 'float64' ? c.tol64! : c.tol
      const errors = {
        losses: worst(losses, c.expect.losses),
        norms: worst(norms, c.expect.grad_norms),
        'final loss': Math.abs(finalLoss - c.expect.final_full_loss),
        weights: worst(weights, expected),
      }
      for (const [what, error] of Object.entries(errors))
        assert.ok(error <= tol, `${what} differ by ${error}`)
      worsts[c.dtype] = Math.max(worsts[c.dtype], ...Object.values(errors))
    })
  }
  it('has run every Adam case', () => assert.equal(adam.length, 5))
  after(() => {
    console.log(
      `      worst error of ${adam.length} cases: float64 ${worsts.float64}, float32 ${worsts.float32}`,
    )
  })
})

describe('Adam', () => {
  it('takes a first step of the learning rate against the sign of the gradient', () => {
    const weights = Float64Array.of(1, 1, 1)
    createAdam(3, { learningRate: 0.1 }).step(weights, Float64Array.of(5, -1e-3, 0))
    assert.ok(worst(weights, [0.9, 1.1, 1]) < 1e-5)
  })

  it('takes another learning rate for one step', () => {
    const weights = Float64Array.of(1)
    createAdam(1, { learningRate: 0.1 }).step(weights, Float64Array.of(5), 0.2)
    assert.ok(worst(weights, [0.8]) < 1e-6)
  })

  it('refuses options that cannot be used', () => {
    assert.throws(() => createAdam(1, { learningRate: 0 }), /RangeError: learningRate cannot be 0/)
    assert.throws(() => createAdam(1, { beta1: 1 }), /RangeError: beta1 cannot be 1/)
    assert.throws(() => createAdam(1, { beta2: -0.1 }), /RangeError: beta2 cannot be -0.1/)
    assert.throws(() => createAdam(1, { epsilon: NaN }), /RangeError: epsilon cannot be NaN/)
  })
})

describe('gradient clipping', () => {
  it('scales a long gradient to the limit, leaves a short one, and tells the norm before', () => {
    const long = Float64Array.of(3, 4)
    assert.equal(clipGradients(long, 1), 5)
    assert.ok(worst(long, [0.6, 0.8]) < 1e-6)
    const short = Float64Array.of(0.3, 0.4)
    assert.equal(clipGradients(short, 1), 0.5)
    assert.deepEqual([...short], [0.3, 0.4])
  })

  it('tells a gradient that is not finite', () => {
    assert.ok(Number.isNaN(clipGradients(Float64Array.of(1, NaN), 1)))
  })
})
