import assert from 'node:assert/strict'
import fc from 'fast-check'
import { addScore, quantileOf, scoresOf, startSketches } from '../../../src/forecast/interval/sketch.ts'

const PERIOD = 32
const OUTSIDE = 0.05
/** Upper over lower edge of the widest bucket; a score is rounded to float32 before. */
const BUCKET = 1.25 * (1 + 2 ** -23)

function sketchOf(scores: readonly number[]): (level: number) => number {
  const state = startSketches(2)
  for (const score of scores) addScore(state, 1, score, PERIOD, OUTSIDE)
  return (level) => quantileOf(state, 1, level, PERIOD)
}

describe('sketch of scores', () => {
  it('tells the rank (n + 1) · level to within one bucket', () => {
    const scores = fc.array(fc.double({ min: 0.5, max: 10, noNaN: true }), {
      minLength: 1,
      maxLength: PERIOD,
    })
    fc.assert(
      fc.property(scores, fc.double({ min: 0.3, max: 1, noNaN: true }), (seen, level) => {
        const sorted = seen.toSorted((a, b) => a - b)
        const rank = Math.min(Math.max((seen.length + 1) * level, 1), seen.length)
        const told = sketchOf(seen)(level)
        assert.ok(told >= sorted[Math.floor(rank) - 1] / BUCKET, `${told}`)
        assert.ok(told <= sorted[Math.ceil(rank) - 1] * BUCKET, `${told}`)
      }),
    )
  })

  it('rises with the level, whatever the scores', () => {
    fc.assert(
      fc.property(fc.array(fc.float({ min: 0, noNaN: true }), { minLength: 1, maxLength: 200 }), (scores) => {
        const quantile = sketchOf(scores)
        let before = 0
        for (let level = 0; level <= 1; level += 0.05) {
          const told = quantile(level)
          assert.ok(told >= before && Number.isFinite(told), `${told} at ${level} after ${before}`)
          before = told
        }
      }),
    )
  })

  it('says nothing before a score, and 0 after zeros alone', () => {
    const state = startSketches(1)
    assert.ok(Number.isNaN(quantileOf(state, 0, 0.9, PERIOD)))
    for (let i = 0; i < 100; i++) addScore(state, 0, 0, PERIOD, OUTSIDE)
    assert.equal(quantileOf(state, 0, 0.9, PERIOD), 0)
    assert.equal(quantileOf(state, 0, 1, PERIOD), 0)
  })

  it('remembers no more scores than its memory', () => {
    const state = startSketches(1)
    for (let i = 0; i < 10_000; i++) addScore(state, 0, 1 + (i % 7), PERIOD, OUTSIDE)
    const n = scoresOf(state, 0, PERIOD)
    assert.ok(n > 13 * PERIOD && n <= 16 * PERIOD, `${n}`)
  })

  for (const factor of [1e6, 1e-6]) {
    it(`follows scores to ${factor} times their scale`, () => {
      const state = startSketches(1)
      for (let i = 0; i < 1000; i++) addScore(state, 0, 1 + (i % 10) / 10, PERIOD, OUTSIDE)
      for (let i = 0; i < 3000; i++) addScore(state, 0, factor * (1 + (i % 10) / 10), PERIOD, OUTSIDE)
      const told = quantileOf(state, 0, 0.9, PERIOD) / factor
      assert.ok(told > 1.9 / BUCKET && told < 1.9 * BUCKET, `${told}`)
    })
  }

  it('takes the largest and the smallest numbers', () => {
    const quantile = sketchOf([2 ** 128, Number.MAX_VALUE, 3e38, Number.MIN_VALUE, 1e-45, 0])
    assert.ok(Number.isFinite(quantile(1)))
    assert.ok(quantile(0) >= 0)
  })
})
