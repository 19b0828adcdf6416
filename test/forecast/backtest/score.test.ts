import assert from 'node:assert/strict'
import fc from 'fast-check'
import { naive, seasonalNaive } from '../../../src/forecast/backtest/baselines.ts'
import { fillColumn } from '../../../src/forecast/backtest/columns.ts'
import { coverColumn, poolCover } from '../../../src/forecast/backtest/cover.ts'
import { defaultRows, originsOf, strideOf } from '../../../src/forecast/backtest/rows.ts'
import { poolScores, poolSteps, scoreColumn } from '../../../src/forecast/backtest/score.ts'
import { standardOf } from '../../../src/forecast/backtest/standards.ts'

const NONE = Number.NaN
const column = (...values: number[]) => ({ name: 'a', values: Float64Array.from(values) })
const close = (a: number, b: number): void =>
  assert.ok(Math.abs(a - b) <= 1e-12 * Math.abs(b), `${a} is not ${b}`)

describe('scores', () => {
  it('standardise by mean and population deviation of the fit rows, a constant column by 1', () => {
    const { mean, deviation, change } = standardOf(column(1, 3, NONE, 5, 100), { from: 0, to: 4 }, 0)
    close(mean, 3)
    close(deviation, Math.sqrt(8 / 3))
    close(change, 2)
    assert.equal(standardOf(column(7, 7, 7), { from: 0, to: 3 }, 0).deviation, 1)
    assert.equal(standardOf(column(7, 7 + 1e-9), { from: 0, to: 2 }, 0).deviation, 1)
    close(standardOf(column(1, 2, 4, 8), { from: 0, to: 4 }, 2).change, 4.5)
    close(standardOf(column(-1e30, 1e30), { from: 0, to: 2 }, 0).deviation, 1e30)
    assert.ok(Number.isNaN(standardOf(column(1, NONE, 2), { from: 0, to: 3 }, 0).change))
  })

  it('count every observed value alike, and every column alike in MASE', () => {
    const truth = Float64Array.of(0, 2, NONE, 6)
    const score = scoreColumn(truth, 2, { mean: 0, deviation: 2, change: 4 })
    score.add(0, [9, 1, 1], 1)
    score.add(1, [5, 4], 0)
    // Errors 1 and 2 in the column's unit, halved by the deviation.
    assert.equal(score.count, 2)
    close(score.squares, 0.25 + 1)
    close(score.sizes, 1.5)
    close(score.mase, 1.5 / 4)
    const other = scoreColumn(Float64Array.of(0, 1), 1, { mean: 0, deviation: 1, change: 1 })
    other.add(0, [4], 0)
    const { mse, mae, mase } = poolScores([score, other])
    close(mse, (1.25 + 9) / 3)
    close(mae, (1.5 + 3) / 3)
    close(mase, (1.5 / 4 + 3) / 2)
  })

  it('leave columns out of MASE that never change, and have none without values', () => {
    const still = scoreColumn(Float64Array.of(1, 2), 1, { mean: 1, deviation: 1, change: 0 })
    still.add(0, [1], 0)
    assert.deepEqual(poolScores([still]), { mse: 1, mae: 1, mase: NONE })
    const unseen = scoreColumn(Float64Array.of(1, NONE), 1, { mean: 1, deviation: 1, change: 1 })
    unseen.add(0, [1], 0)
    assert.deepEqual(poolScores([unseen]), { mse: NONE, mae: NONE, mase: NONE })
    assert.equal(poolScores([still, unseen]).mse, 1)
  })

  it('count each step by itself and together', () => {
    const score = scoreColumn(Float64Array.of(0, 1, NONE, 3, 7), 2, { mean: 0, deviation: 1, change: 1 })
    for (const origin of [0, 1, 2]) score.add(origin, [0, 0], 0)
    // Step 1 meets 1 and 3, step 2 meets 3 and 7.
    close(poolSteps([score], 1, 1), (1 + 9) / 2)
    close(poolSteps([score], 2, 2), (9 + 49) / 2)
    close(poolSteps([score, score], 1, 2), 68 / 4)
    assert.ok(Number.isNaN(poolSteps([], 1, 2)))
  })

  it('count values inside intervals, edges included', () => {
    const cover = coverColumn(Float64Array.of(0, 1, 2, NONE, 4), 4, 2, 0.9)
    cover.add(0, [1, 0, 0, 5], [2, 1.9, 9, 6], 0)
    close(poolCover([cover], 1, 4).coverage, 1 / 3)
    assert.equal(poolCover([cover], 1, 1).coverage, 1)
    assert.equal(poolCover([cover], 2, 2).coverage, 0)
    assert.ok(Number.isNaN(poolCover([cover], 3, 3).coverage))
  })

  it('charge an interval for its width and what lies outside for its distance, in units of the deviation', () => {
    const cover = coverColumn(Float64Array.of(0, 1, 2, NONE, 4), 4, 2, 0.9)
    cover.add(0, [1, 0, 0, 5], [2, 1.9, 9, 6], 0)
    // Width 1; width 1.9 and 0.1 above it; width 1 and 1 below it: 1, 1.9 + 20 · 0.1, 1 + 20 · 1, halved.
    close(poolCover([cover], 1, 1).winkler, 0.5)
    close(poolCover([cover], 2, 2).winkler, 1.95)
    close(poolCover([cover], 4, 4).winkler, 10.5)
    close(poolCover([cover], 1, 4).winkler, (0.5 + 1.95 + 10.5) / 3)
  })
})

describe('rows of a backtest', () => {
  it('have an origin wherever the whole horizon lies in the test rows', () => {
    // As many as the protocol names for the standard splits of ETTh1, ETTm1 and WTH.
    for (const [from, to, origins] of [
      [11520, 14400, 2785],
      [46080, 57600, 11425],
      [28052, 35064, 6917],
    ]) {
      const { from: first, to: end } = originsOf({ from, to }, 96)
      assert.equal(first, from - 1)
      assert.equal(end - first, origins)
      assert.equal(end - 1 + 96, to - 1)
    }
    assert.deepEqual(originsOf({ from: 10, to: 15 }, 6), { from: 9, to: 9 })
  })

  it('are split 60, 20 and 20 % where none are named', () => {
    const { fit, validate, test } = defaultRows(101)
    assert.deepEqual(
      [fit, validate, test],
      [
        { from: 0, to: 60 },
        { from: 60, to: 80 },
        { from: 80, to: 101 },
      ],
    )
  })

  it('are thinned to as many as there may be, meeting every phase of the season', () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.integer({ min: 1, max: 5000 }), fc.nat(200), (count, most, season) => {
        const stride = strideOf(count, most, season)
        assert.ok(Math.ceil(count / stride) <= most)
        if (season > 1) {
          const phases = new Set(Array.from({ length: season }, (_, i) => (i * stride) % season))
          assert.equal(phases.size, season)
        }
      }),
    )
  })
})

describe('simple methods', () => {
  it('see gaps as the last value, before the first value as that one', () => {
    const { values, observed } = fillColumn(column(9, NONE, 1, NONE, 2, NONE), { from: 1, to: 6 })
    assert.deepEqual([...values], [1, 1, 1, 2, 2])
    assert.deepEqual([...observed], [0, 1, 0, 1, 0])
  })

  it('forecast the last value, or the newest known one of the same phase', () => {
    const values = Float64Array.of(10, 11, 12, 13, 14, 15, 16)
    const mean = new Float64Array(7)
    naive.forecast(values, 5, mean)
    assert.ok(mean.every((v) => v === 15))
    seasonalNaive(3).forecast(values, 5, mean)
    assert.deepEqual([...mean], [13, 14, 15, 13, 14, 15, 13])
    for (const season of [0, 1]) {
      seasonalNaive(season).forecast(values, 5, mean)
      assert.ok(mean.every((v) => v === 15))
    }
    // Less than a season is known.
    seasonalNaive(5).forecast(values, 1, mean)
    assert.deepEqual([...mean], [11, 11, 11, 10, 11, 11, 11])
  })
})
