import assert from 'node:assert/strict'
import type { Backend } from '../../src/engine/backend.ts'
import { initialise } from '../../src/engine/initialise.ts'
import { layout } from '../../src/engine/layout.ts'
import { createModel, type Model } from '../../src/engine/model.ts'
import { reference, referenceStep, type Vector } from '../../src/engine/reference.ts'
import { type Cell, gruSpec, type RecurrentActivation, type Update } from '../../src/engine/spec.ts'
import { createStepper } from '../../src/engine/stepper.ts'
import { distance, inputs } from './arbitrary.ts'
import { builds } from './builds.ts'

// In float64, states too: float32 arithmetic is what is measured here, not what the reference backend makes of it.

const cells: readonly Cell[] = ['reset-after', 'reset-before', 'no-reset', 'no-carry']
const updates: readonly Update[] = ['keep', 'write']
const activations: readonly RecurrentActivation[] = ['sigmoid', 'hard-sigmoid']

for (const backend of builds) {
  describe(`accuracy on ${backend.device}`, () => {
    it('stays within 1e-6 of float64 for 200 steps of every cell, weights scaled by 1.5', () => {
      for (const cell of cells) {
        for (const update of updates) {
          for (const recurrentActivation of activations) {
            const spec = gruSpec({ inputSize: 8, hiddenSize: 64, cell, update, recurrentActivation })
            const error = worst(backend, scaled(initialise(spec, { seed: 5 }), 1.5), 200, 1)
            assert.ok(error <= 1e-6, `${cell} ${update} ${recurrentActivation}: ${error}`)
          }
        }
      }
    })

    for (const hiddenSize of [1, 257]) {
      it(`stays within 1e-6 of float64 for 200 steps of ${hiddenSize} hidden units`, () => {
        const model = initialise(gruSpec({ inputSize: 3, hiddenSize }), { seed: 2 })
        const error = worst(backend, model, 200, 1)
        assert.ok(error <= 1e-6, String(error))
      })
    }

    it('stays within 1e-6 of float64 for 5,000 steps', () => {
      const model = initialise(gruSpec({ inputSize: 8, hiddenSize: 64 }), { seed: 3 })
      const error = worst(backend, scaled(model, 1.5), 5000, 1)
      assert.ok(error <= 1e-6, String(error))
    })

    it('stays with float64 for 200 steps of inputs around ±10,000', () => {
      // One input saturates nearly every gate and costs no accuracy. Eight cancel: among numbers up to 10,000 float32
      // has steps of 1e-3, and an argument that far off moves a state by at most a quarter of it (σ) or all of it (tanh).
      for (const [inputSize, tolerance] of [
        [1, 1e-6],
        [8, 1e-3],
      ]) {
        const model = initialise(gruSpec({ inputSize, hiddenSize: 64 }), { seed: 4 })
        const error = worst(backend, model, 200, 1e4)
        assert.ok(error <= tolerance, `${inputSize} inputs: ${error}`)
      }
    })

    it('holds a state exactly for 5,000 steps when z is saturated, and lets go of it when z is shut', () => {
      const model = initialise(gruSpec({ inputSize: 1, hiddenSize: 4, biases: 1 }), { seed: 1 })
      const state = Float32Array.of(0.9, -0.3, 1e-4, 0)
      const open = (bias: number) => createStepper(withBias(model, 4, bias), { backend, lanes: 2 })
      const [held, gone] = [open(60), open(-60)]
      held.restore(0, state)
      gone.restore(0, state)
      for (let i = 0; i < 5000; i++) {
        const x = new Float32Array(2).fill(Math.sin(i))
        held.step([0, 1], x)
        gone.step([0, 1], x)
      }
      assert.deepEqual(held.save(0), state)
      assert.ok(distance(gone.save(0), gone.save(1)) <= 1e-6)
    })

    it('keeps a unit without weights at 0', () => {
      const stepper = createStepper(
        createModel(gruSpec({ inputSize: 2, hiddenSize: 5 }), new Float32Array(135)),
        {
          backend,
        },
      )
      for (let i = 0; i < 100; i++) stepper.step([0], Float32Array.of(1e4, -i))
      assert.deepEqual(stepper.save(0), new Float32Array(5))
    })

    it('computes tanh to 4e-7, never more than one ulp beyond 1', () => {
      // Without memory and with z at 0, the new state is tanh(x).
      const { step } = one('no-carry', { z: -1e9, n: 0 }, { r: 0, z: 0, n: 1 }, backend)
      let largest = 0
      for (let x = -12; x <= 12; x += 1 / 4096) {
        const y = step(x)
        largest = Math.max(largest, Math.abs(y - Math.tanh(x)))
        assert.ok(Math.abs(y) <= 1 + 2 ** -23, `tanh(${x}) is ${y}`)
      }
      assert.ok(largest <= 4e-7, String(largest))
    })

    it('computes sigmoid to 2.5e-7, and 0 and 1 exactly far out', () => {
      // With n at 1 and no memory, the new state is 1 − z.
      const { step } = one('no-carry', { z: 0, n: 100 }, { r: 0, z: -1, n: 0 }, backend)
      let largest = 0
      for (let x = -24; x <= 24; x += 1 / 2048) {
        largest = Math.max(largest, Math.abs(step(x) - 1 / (1 + Math.exp(-x))))
      }
      assert.ok(largest <= 2.5e-7, String(largest))
      assert.deepEqual([step(17), step(-17), step(1e30), step(-1e30)], [1, 0, 1, 0])
    })

    it('stays finite when finite inputs overflow', () => {
      for (const recurrentActivation of activations) {
        const spec = gruSpec({ inputSize: 2, hiddenSize: 1, biases: 0, recurrentActivation })
        const model = createModel(spec, new Float32Array([9, -9, 9, -9, 9, -9, 1, 1, 1]))
        const stepper = createStepper(model, { backend, lanes: 3 })
        const huge = new Float32Array(6).fill(3e38)
        for (let i = 0; i < 3; i++) assert.ok(stepper.step([0, 1, 2], huge).every(Number.isFinite))
        assert.ok(stepper.step([0, 1, 2], new Float32Array(6)).every((v) => Math.abs(v) <= 1))
      }
    })
  })
}

describe('accuracy of the reference', () => {
  it('is that of float64 but for states kept as float32', () => {
    const model = initialise(gruSpec({ inputSize: 8, hiddenSize: 64 }), { seed: 3 })
    const error = worst(reference, scaled(model, 1.5), 200, 1)
    assert.ok(error > 0 && error < 5e-7, String(error))
  })
})

/** The largest difference from float64 over all steps of one stream of normal inputs times `scale`. */
function worst(backend: Backend, model: Model, steps: number, scale: number): number {
  const { spec, weights } = model
  const [cell] = layout(spec).cells
  const stepper = createStepper(model, { backend })
  let h: Vector = new Float64Array(spec.hiddenSize)
  let largest = 0
  for (let i = 0; i < steps; i++) {
    const x = inputs(spec.inputSize, i, scale)
    const y = stepper.step([0], x)
    h = referenceStep(spec, weights, cell, x, h).h
    for (const [k, value] of h.entries()) largest = Math.max(largest, Math.abs(value - y[k]))
  }
  return largest
}

function scaled(model: Model, factor: number): Model {
  return createModel(
    model.spec,
    model.weights.map((w) => factor * w),
  )
}

/** The model with `bias` for each z. */
function withBias(model: Model, hiddenSize: number, bias: number): Model {
  const [{ b }] = layout(model.spec).cells
  const weights = model.weights.slice().fill(bias, b + hiddenSize, b + 2 * hiddenSize)
  return createModel(model.spec, weights)
}

/** A cell of one unit of one input. */
function one(
  cell: Cell,
  bias: { readonly z: number; readonly n: number },
  weight: { readonly r: number; readonly z: number; readonly n: number },
  backend: Backend,
): { step(x: number): number } {
  const spec = gruSpec({ inputSize: 1, hiddenSize: 1, cell, biases: 1 })
  const weights = Float32Array.of(weight.r, weight.z, weight.n, 0, 0, 0, 0, bias.z, bias.n)
  const lanes = backend.open(createModel(spec, weights), 1)
  return { step: (x) => lanes.step([0], Float32Array.of(x))[0] }
}
