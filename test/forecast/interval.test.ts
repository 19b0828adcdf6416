import assert from 'node:assert/strict'
import fc from 'fast-check'
import { createRandom } from '../../src/engine/random.ts'
import { createIntervals, sortScores, startIntervals } from '../../src/forecast/interval.ts'

describe('adaptive conformal interval', () => {
  for (const coverage of [0.5, 0.8, 0.9, 0.95]) {
    it(`holds ${100 * coverage} % of the readings in the long run, also while the noise grows and shrinks`, () => {
      const random = createRandom(7)
      const intervals = createIntervals(coverage, startIntervals(1, coverage))
      let inside = 0
      const n = 6000
      for (let t = 0; t < n; t++) {
        const error = Math.abs(random.normal()) * (1 + 0.8 * Math.sin(t / 300))
        const half = intervals.halfWidth(0)
        if (error <= half) inside++
        intervals.learn(0, error, half)
      }
      assert.ok(Math.abs(inside / n - coverage) < 0.015, `${inside / n}`)
    })
  }

  it('holds errors that are always the same, to the last digit', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), (error) => {
        const intervals = createIntervals(0.9, startIntervals(1, 0.9))
        intervals.learn(0, error, Number.NaN)
        assert.ok(error <= intervals.halfWidth(0))
        assert.ok(intervals.halfWidth(0) <= error * (1 + 1e-6))
      }),
    )
  })

  it('keeps its scores sorted through any run', () => {
    fc.assert(
      fc.property(fc.array(fc.float({ min: 0, max: 1e6, noNaN: true }), { maxLength: 700 }), (errors) => {
        const intervals = createIntervals(0.9, startIntervals(1, 0.9))
        for (const error of errors) intervals.learn(0, error, intervals.halfWidth(0))
        const newest = Float32Array.from(errors.slice(-256), (e) => e * (1 + 2 ** -22)).sort()
        assert.deepEqual(intervals.state.sorted.slice(0, newest.length), newest)
      }),
    )
  })

  it('restores its order from the scores alone', () => {
    const random = createRandom(1)
    const { learn, state } = createIntervals(0.9, startIntervals(3, 0.9))
    for (let i = 0; i < 400; i++) learn(i % 3, random.uniform(), Number.NaN)
    const sorted = state.sorted.slice()
    state.sorted.fill(0)
    sortScores(state)
    assert.deepEqual(state.sorted, sorted)
  })

  it('borrows from shorter horizons until a step has matured', () => {
    const intervals = createIntervals(0.9, startIntervals(4, 0.9))
    assert.ok(Number.isNaN(intervals.halfWidth(3)))
    intervals.learn(0, 2, Number.NaN)
    assert.ok(Math.abs(intervals.halfWidth(3) - 2 * Math.sqrt(4)) < 1e-5)
  })
})
