import assert from 'node:assert/strict'
import fc from 'fast-check'
import { createRandom } from '../../src/engine/random.ts'
import { type GuardState, isUsual } from '../../src/forecast/guard.ts'
import { learnSpread, type SpreadState, startSpread } from '../../src/forecast/spread.ts'

/** A stream that learns what is usual as a forecaster does; tells of each value whether it was. */
function watch(): { readonly guard: GuardState; readonly spread: SpreadState; take(value: number): boolean } {
  const guard = { run: 0 }
  const spread = startSpread()
  let last = Number.NaN
  return {
    guard,
    spread,
    take(value) {
      const usual = isUsual(guard, spread, value, Number.isNaN(last) ? value : last)
      if (usual) {
        learnSpread(spread, value)
        last = value
      }
      return usual
    },
  }
}

/** One that has seen so many values of a sensor around 20, a deviation of 2. */
function settled(count = 200): ReturnType<typeof watch> {
  const stream = watch()
  const random = createRandom(1)
  for (let i = 0; i < count; i++) assert.ok(stream.take(20 + 2 * random.normal()))
  return stream
}

describe('guard against values like none before', () => {
  it('lets through all that a noisy sensor sends', () => {
    settled(20_000)
  })

  it('keeps out bursts of a sentinel and single spikes, and forgets them at once', () => {
    for (const fault of [-9999, 1e6, 1e30, -1e30]) {
      for (const length of [1, 10, 23]) {
        const { take, guard, spread } = settled()
        const before = { ...spread }
        for (let i = 1; i <= length; i++) {
          assert.equal(take(fault), false)
          assert.equal(guard.run, i)
        }
        assert.deepEqual(spread, before)
        assert.equal(take(21), true)
        assert.equal(guard.run, 0)
      }
    }
  })

  it('believes a level that has lasted for 24 values, and what follows on it', () => {
    const { take, guard } = settled()
    const believed = Array.from({ length: 40 }, (_, i) => take(500 + (i % 2)))
    assert.deepEqual(
      believed,
      believed.map((_, i) => i >= 23),
    )
    assert.equal(guard.run, 0)
    assert.equal(take(20), true, 'the old level is still known')
  })

  it('follows what moves by steps, however far', () => {
    const { take } = settled()
    for (let i = 0; i < 500; i++) assert.ok(take(20 + 10 * i))
  })

  it('knows nothing of a stream of few values, or of one that never changed', () => {
    const few = watch()
    for (let i = 0; i < 31; i++) few.take(i % 3)
    assert.ok(few.take(1e6))
    const constant = watch()
    for (let i = 0; i < 500; i++) constant.take(7)
    assert.ok(constant.take(-9999))
  })

  it('never keeps out more than 23 in a row, whatever comes', () => {
    const value = fc.oneof(
      fc.double({ min: -1e30, max: 1e30, noNaN: true }),
      fc.integer({ min: 18, max: 22 }),
    )
    fc.assert(
      fc.property(fc.array(value, { maxLength: 300 }), (values) => {
        const { take, guard } = settled()
        let run = 0
        for (const one of values) {
          run = take(one) ? 0 : run + 1
          assert.ok(run < 24)
          assert.equal(guard.run, run)
        }
      }),
    )
  })
})
