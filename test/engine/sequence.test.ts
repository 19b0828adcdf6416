import assert from 'node:assert/strict'
import fc from 'fast-check'
import { initialise } from '../../src/engine/initialise.ts'
import { reference } from '../../src/engine/reference.ts'
import { sequence } from '../../src/engine/sequence.ts'
import { directions, gruSpec, stateSize } from '../../src/engine/spec.ts'
import { createStepper } from '../../src/engine/stepper.ts'
import { distance, inputs, models } from './arbitrary.ts'
import { builds } from './builds.ts'

const seeds = fc.integer({ min: 0, max: 1000 })

describe('sequence', () => {
  it('is the same as stepping again and again', () => {
    fc.assert(
      fc.property(models('forward'), fc.integer({ min: 0, max: 6 }), seeds, (model, time, seed) => {
        const { hiddenSize: H, layers, outputSize } = model.spec
        const x = inputs(time * model.spec.inputSize, seed)
        const h0 = inputs(stateSize(model.spec), seed + 1, 0.5)
        const stepper = createStepper(model)
        stepper.restore(0, h0)
        const stepped = stepper.step(new Array(time).fill(0), x)
        const { y, hn, out } = sequence(model, x, { batch: 1, time, h0 })
        assert.deepEqual(out ?? y, stepped)
        assert.deepEqual(hn, stepper.save(0))
        assert.equal(out === undefined, outputSize === 0)
        if (time) assert.deepEqual(y.slice(-H), hn.slice((layers - 1) * H))
      }),
    )
  })

  for (const backend of builds)
    it(`gives on ${backend.device} what the reference gives, for any direction, batch and lengths`, () => {
      const lengths = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 15 })
      fc.assert(
        fc.property(models('forward', 'reverse', 'bidirectional'), lengths, seeds, (model, lengths, seed) => {
          const { inputSize } = model.spec
          const options = {
            batch: lengths.length,
            time: 5,
            lengths,
            h0: inputs(lengths.length * stateSize(model.spec), seed, 0.5),
          }
          const x = inputs(lengths.length * 5 * inputSize, seed + 1)
          const fast = sequence(model, x, { ...options, backend })
          const exact = sequence(model, x, { ...options, backend: reference })
          assert.ok(distance(fast.y, exact.y) < 1e-5)
          assert.ok(distance(fast.hn, exact.hn) < 1e-5)
          if (fast.out) assert.ok(distance(fast.out, exact.out!) < 1e-5)
        }),
        { numRuns: 60 },
      )
    })

  it('runs every row of a batch as if alone and only up to its length', () => {
    fc.assert(
      fc.property(models('bidirectional', 'reverse'), seeds, (model, seed) => {
        const { inputSize: I, hiddenSize: H } = model.spec
        const width = directions(model.spec) * H
        const x = inputs(2 * 4 * I, seed)
        const both = sequence(model, x, { batch: 2, time: 4, lengths: [4, 3] })
        const alone = sequence(model, x.subarray(4 * I, 7 * I), { batch: 1, time: 3 })
        assert.deepEqual(both.y.slice(4 * width, 7 * width), alone.y)
        assert.ok(both.y.subarray(7 * width).every((v) => v === 0))
      }),
      { numRuns: 40 },
    )
  })

  it('refuses what does not fit, with the value', () => {
    const model = initialise(gruSpec({ inputSize: 2, hiddenSize: 3 }))
    const x = inputs(12, 1)
    const run = (options: object, values = x) => sequence(model, values, { batch: 2, time: 3, ...options })
    assert.throws(() => run({ batch: -1 }), /RangeError: batch .* got -1/)
    assert.throws(() => run({ batch: 2 ** 31 }), /RangeError: batch .* to 16777216, got 2147483648/)
    assert.throws(() => run({ batch: 2 ** 24 }), /RangeError: x must hold 100663296 values, got 12/)
    assert.throws(() => run({ time: 2.5 }), /RangeError: time .* got 2.5/)
    assert.throws(() => run({ lengths: [3] }), /RangeError: lengths must hold 2 values, got 1/)
    assert.throws(() => run({ lengths: [3, 4] }), /RangeError: lengths .* from 0 to 3, got 4/)
    assert.throws(() => run({ h0: new Float32Array(5) }), /RangeError: h0 must hold 6 values, got 5/)
    assert.throws(() => run({}, x.subarray(1)), /RangeError: x must hold 12 values, got 11/)
    assert.throws(
      () =>
        run(
          {},
          x.map(() => Number.NaN),
        ),
      /RangeError: x must be finite, got NaN at index 0/,
    )
  })
})
