import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Backend } from '../../src/engine/backend.ts'
import { initialise } from '../../src/engine/initialise.ts'
import { reference } from '../../src/engine/reference.ts'
import { gruSpec, stateSize } from '../../src/engine/spec.ts'
import { createStepper } from '../../src/engine/stepper.ts'
import { distance, inputs, models } from './arbitrary.ts'
import { backends, builds } from './builds.ts'

const seeds = fc.integer({ min: 0, max: 1000 })
/** Enough rows for several blocks of the kernels, with lanes named again within a block and not. */
const LANES = 20
const rows = fc.array(fc.nat(LANES - 1), { maxLength: 30 })

describe('createStepper', () => {
  for (const backend of backends) behaves(backend)
  for (const backend of builds) follows(backend)

  it('keeps 100,000 states apart', () => {
    const model = initialise(gruSpec({ inputSize: 1, hiddenSize: 8 }))
    const stepper = createStepper(model, { lanes: 100_000 })
    const lanes = Array.from({ length: 100_000 }, (_, i) => i)
    stepper.step(
      lanes,
      Float32Array.from(lanes, (i) => i / 50_000 - 1),
    )
    const alone = createStepper(model)
    for (const lane of [0, 1, 49_999, 50_000, 99_999]) {
      alone.reset(0)
      alone.step([0], Float32Array.of(lane / 50_000 - 1))
      assert.deepEqual(stepper.save(lane), alone.save(0))
    }
  })

  it('refuses what it cannot step', () => {
    for (const direction of ['reverse', 'bidirectional'] as const) {
      const model = initialise(gruSpec({ inputSize: 1, hiddenSize: 1, direction }))
      const message = new RegExp(`^RangeError: .*direction.* ${direction}$`)
      assert.throws(() => createStepper(model), message)
    }
    const model = initialise(gruSpec({ inputSize: 1, hiddenSize: 1 }))
    for (const lanes of [-1, 1.5, Number.NaN]) {
      assert.throws(() => createStepper(model, { lanes }), new RegExp(`RangeError: lanes .* got ${lanes}`))
    }
  })
})

/** A build of the kernels beside the reference. */
function follows(backend: Backend): void {
  describe(`on ${backend.device} beside the reference`, () => {
    it('gives what the reference gives, for any model and any lanes', () => {
      fc.assert(
        fc.property(models('forward'), fc.array(rows, { maxLength: 5 }), seeds, (model, calls, seed) => {
          const fast = createStepper(model, { backend, lanes: LANES })
          const exact = createStepper(model, { lanes: LANES, backend: reference })
          calls.forEach((lanes, i) => {
            const x = inputs(lanes.length * model.spec.inputSize, seed + i)
            assert.ok(distance(fast.step(lanes, x), exact.step(lanes, x)) < 1e-5)
          })
          for (let lane = 0; lane < LANES; lane++) {
            assert.ok(distance(fast.save(lane), exact.save(lane)) < 1e-5)
          }
        }),
      )
    })

    it('gives the same with saturated gates and inputs of ±10,000', () => {
      fc.assert(
        fc.property(models('forward'), seeds, (model, seed) => {
          const { inputSize } = model.spec
          const heavy = { ...model, weights: model.weights.map((w) => 5 * w) }
          const fast = createStepper(heavy, { backend })
          const exact = createStepper(heavy, { backend: reference })
          for (const value of [1e4, -1e4, 1, -1e4]) {
            // One input at a time: sums of several as large would cancel to what float32 cannot hold.
            const x = new Float32Array(inputSize)
            x[seed % inputSize] = value
            const y = fast.step([0], x)
            const size = 1 + Math.max(...y.map(Math.abs))
            assert.ok(distance(y, exact.step([0], x)) < 1e-3 * size)
            assert.ok(fast.save(0).every((v) => Math.abs(v) < 1 + 1e-6))
            exact.restore(0, fast.save(0))
          }
        }),
      )
    })

    it('stays with the reference for 5,000 steps', () => {
      const model = initialise(gruSpec({ inputSize: 2, hiddenSize: 16, layers: 2 }))
      const fast = createStepper(model, { backend })
      const exact = createStepper(model, { backend: reference })
      for (let i = 0; i < 5000; i++) {
        const x = inputs(2, i)
        assert.ok(distance(fast.step([0], x), exact.step([0], x)) < 1e-5, `step ${i}`)
      }
    })
  })
}

function behaves(backend: Backend): void {
  describe(`on ${backend.device}`, () => {
    const model = initialise(gruSpec({ inputSize: 3, hiddenSize: 5, layers: 2, outputSize: 4 }))
    const open = (lanes: number) => createStepper(model, { backend, lanes })

    it('says what it is', () => {
      const stepper = open(3)
      assert.equal(stepper.device, backend.device)
      assert.equal(stepper.model, model)
      assert.equal(stepper.lanes, 3)
    })

    it('steps a subset exactly as each lane alone, in the order given', () => {
      fc.assert(
        fc.property(models('forward'), fc.array(rows, { maxLength: 4 }), seeds, (any, calls, seed) => {
          const { inputSize } = any.spec
          const together = createStepper(any, { backend, lanes: LANES })
          const alone = createStepper(any, { backend, lanes: LANES })
          calls.forEach((lanes, call) => {
            const x = inputs(lanes.length * inputSize, seed + call)
            const y = together.step(lanes, x).slice()
            const each = lanes.flatMap((lane, i) => [
              ...alone.step([lane], x.subarray(i * inputSize, (i + 1) * inputSize)),
            ])
            assert.deepEqual([...y], each)
          })
          for (let lane = 0; lane < LANES; lane++) assert.deepEqual(together.save(lane), alone.save(lane))
        }),
      )
    })

    it('continues a saved, restored or copied state as if nothing had happened', () => {
      fc.assert(
        fc.property(models('forward'), seeds, (any, seed) => {
          const x = inputs(6 * any.spec.inputSize, seed)
          const half = x.length / 2
          const stepper = createStepper(any, { backend, lanes: 5 })
          stepper.step([4, 4, 4], x.subarray(0, half))
          const saved = stepper.save(4)
          stepper.copy(4, 1)
          const after = stepper.step([4, 4, 4], x.subarray(half)).slice()
          stepper.restore(2, saved)
          assert.deepEqual(stepper.step([2, 2, 2], x.subarray(half)), after)
          assert.deepEqual(stepper.step([1, 1, 1], x.subarray(half)), after)
          assert.deepEqual(stepper.save(1), stepper.save(4))
          stepper.reset(1)
          assert.deepEqual(stepper.save(1), stepper.save(0))
          assert.equal(saved.length, stateSize(any.spec))
        }),
      )
    })

    it('looks ahead as a step that is taken back would, of as many rows and lanes as there are', () => {
      fc.assert(
        fc.property(models('forward'), fc.array(rows, { maxLength: 4 }), seeds, (any, calls, seed) => {
          const { inputSize } = any.spec
          const stepper = createStepper(any, { backend, lanes: LANES })
          const same = createStepper(any, { backend, lanes: LANES })
          calls.forEach((lanes, call) => {
            const x = inputs(lanes.length * inputSize, seed + call)
            assert.deepEqual(stepper.step(lanes, x), same.step(lanes, x))
            const backwards = lanes.toReversed()
            const y = stepper.ahead(backwards, x).slice()
            const each = backwards.flatMap((lane, i) => {
              const saved = same.save(lane)
              const row = [...same.step([lane], x.subarray(i * inputSize, (i + 1) * inputSize))]
              same.restore(lane, saved)
              return row
            })
            assert.deepEqual([...y], each)
            for (let lane = 0; lane < LANES; lane++) assert.deepEqual(stepper.save(lane), same.save(lane))
          })
        }),
      )
    })

    it('looks ahead from its own outputs, and leaves nothing of it in what it grows by', () => {
      const wide = initialise(gruSpec({ inputSize: 40, hiddenSize: 40 }))
      const stepper = createStepper(wide, { backend, lanes: 2 })
      const same = createStepper(wide, { backend, lanes: 2 })
      const x = inputs(40, 1)
      for (let lanes = 2; lanes < 40; lanes += 7) {
        stepper.grow(lanes)
        const all = new Array<number>(lanes).fill(0)
        const y = stepper.ahead(all, stepper.step(all, inputs(40 * lanes, lanes)))
        const expected = same.ahead(all, same.step(all, inputs(40 * lanes, lanes)).slice())
        assert.deepEqual(y, expected)
        for (let lane = 1; lane < lanes; lane++) assert.ok(stepper.save(lane).every((v) => v === 0))
        assert.deepEqual(stepper.ahead([0], x), same.ahead([0], x))
      }
    })

    it('keeps all states when it grows, and begins new ones at zero', () => {
      fc.assert(
        fc.property(fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 4 }), (steps) => {
          const stepper = open(2)
          stepper.step([0, 1, 1], inputs(9, 1))
          const states = [stepper.save(0), stepper.save(1)]
          for (const more of steps) {
            stepper.grow(stepper.lanes + more)
            assert.deepEqual([stepper.save(0), stepper.save(1)], states)
            // Calls of many rows use the memory that the next growth takes.
            const last = stepper.lanes - 1
            if (last > 1) {
              assert.ok(stepper.save(last).every((v) => v === 0))
              stepper.step(new Array(50).fill(last), inputs(150, 2))
              stepper.reset(last)
            }
          }
        }),
        { numRuns: 25 },
      )
    })

    it('goes on from its states with other weights, as if these had always been its own', () => {
      fc.assert(
        fc.property(models('forward'), rows, rows, seeds, (model, before, after, seed) => {
          const weights = model.weights.map((weight) => 0.9 * weight)
          const other = { ...model, weights }
          const stepper = createStepper(model, { backend, lanes: LANES })
          const same = createStepper(other, { backend, lanes: LANES })
          stepper.step(before, inputs(before.length * model.spec.inputSize, seed))
          for (let lane = 0; lane < LANES; lane++) same.restore(lane, stepper.save(lane))
          stepper.renew(other)
          assert.equal(stepper.model, other)
          const x = inputs(after.length * model.spec.inputSize, seed + 1)
          assert.deepEqual(stepper.step(after, x), same.step(after, x))
          assert.deepEqual(stepper.ahead(after, x), same.ahead(after, x))
        }),
        { numRuns: 25 },
      )
    })

    it('returns nothing for no lanes', () => {
      assert.equal(open(1).step([], new Float32Array(0)).length, 0)
    })

    it('refuses bad arguments with their value, before any state changes', () => {
      const stepper = open(2)
      const another = initialise(gruSpec({ inputSize: 3, hiddenSize: 4 }))
      stepper.step([0, 1], inputs(6, 1))
      const before = [stepper.save(0), stepper.save(1)]
      const x = inputs(6, 2)
      const bad = (v: number) => x.map((old, i) => (i === 5 ? v : old))
      const state = new Float32Array(10)
      const refused: [() => unknown, RegExp][] = [
        [() => stepper.step([0, 2], x), /RangeError: lane .* below 2, got 2/],
        [() => stepper.step([0, -1], x), /RangeError: lane .* got -1/],
        [() => stepper.step([0, 0.5], x), /RangeError: lane .* got 0.5/],
        [() => stepper.step([0, Number.NaN], x), /RangeError: lane .* got NaN/],
        [() => stepper.step([0, 1], x.subarray(1)), /RangeError: inputs must hold 6 values, got 5/],
        [() => stepper.step([0, 1], bad(Number.NaN)), /RangeError: inputs .* got NaN at index 5/],
        [() => stepper.step([0, 1], bad(Number.POSITIVE_INFINITY)), /RangeError: .* got Infinity at index 5/],
        [() => stepper.ahead([2, 0], x), /RangeError: lane .* below 2, got 2/],
        [() => stepper.ahead([0, 1], x.subarray(1)), /RangeError: inputs must hold 6 values, got 5/],
        [() => stepper.ahead([0, 1], bad(Number.NaN)), /RangeError: inputs .* got NaN at index 5/],
        [() => stepper.save(2), /RangeError: lane .* got 2/],
        [() => stepper.restore(0, state.subarray(1)), /RangeError: state must hold 10 values, got 9/],
        [() => stepper.restore(0, state.fill(Number.NaN)), /RangeError: state .* got NaN at index 0/],
        [() => stepper.copy(0, 7), /RangeError: lane .* got 7/],
        [() => stepper.reset(-1), /RangeError: lane .* got -1/],
        [() => stepper.grow(1), /RangeError: lanes must be a whole number from 2, got 1/],
        [() => stepper.renew(another), /RangeError: a stepper takes weights of its own specification/],
      ]
      for (const [call, message] of refused) assert.throws(call, message)
      assert.deepEqual([stepper.save(0), stepper.save(1)], before)
      assert.equal(stepper.lanes, 2)
    })

    it('steps no more once closed', () => {
      const stepper = open(1)
      stepper.close()
      stepper.close()
      assert.throws(() => stepper.step([0], inputs(3, 1)), /closed/)
      assert.throws(() => stepper.ahead([0], inputs(3, 1)), /closed/)
      assert.throws(() => stepper.save(0), /closed/)
    })
  })
}
