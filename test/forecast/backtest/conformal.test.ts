import assert from 'node:assert/strict'
import { createRandom } from '../../../src/engine/random.ts'
import { createCalibration, mostOrigins } from '../../../src/forecast/backtest/conformal.ts'

/** Forecasts of 0 with sides of 2 below and 4 above, for one column and one step. */
function factorOf(truths: readonly number[], coverage: number): number {
  const origins = truths.length
  const calibration = createCalibration([Float64Array.of(0, ...truths)], 1, coverage, origins)
  const [mean, below, above] = [[0], [2], [4]].map((part) => Float64Array.from(part))
  for (let origin = 0; origin < origins; origin++) calibration.add({ origin, mean, below, above })
  return calibration.factors()[0]
}

describe('intervals of a frozen model', () => {
  it('reach as far as the conformal quantile of errors in units of their side', () => {
    // Scores 1, 2, … 40, on both sides in turn.
    const truths = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? -2 : 4) * (i + 1))
    assert.equal(factorOf(truths, 0.9), Math.ceil(41 * 0.9))
    assert.equal(factorOf(truths.toReversed(), 0.5), Math.ceil(41 * 0.5))
    // Beyond the last score there is none.
    assert.equal(factorOf(truths, 0.99), 40)
  })

  it('are the net’s own where fewer than 30 truths are known, scaled to the coverage', () => {
    const truths = Array.from({ length: 40 }, (_, i) => (i < 29 ? 1000 : Number.NaN))
    assert.equal(factorOf(truths, 0.9), 1)
    assert.ok(Math.abs(factorOf(truths, 0.99) - 2) < 1e-12)
    assert.equal(factorOf([], 0.9), 1)
    assert.ok(factorOf(truths.with(35, 8), 0.9) > 100)
  })

  it('hold their share of new truths, one-sided errors or not', () => {
    const random = createRandom(4)
    for (const coverage of [0.5, 0.8, 0.9]) {
      const draw = (): number => random.normal() ** 3 + random.uniform(0, 2)
      const factor = factorOf(
        Array.from({ length: 4000 }, () => draw()),
        coverage,
      )
      let inside = 0
      for (let i = 0; i < 4000; i++) {
        const truth = draw()
        if (truth >= -2 * factor && truth <= 4 * factor) inside++
      }
      assert.ok(Math.abs(inside / 4000 - coverage) < 0.03, `${inside / 4000} for ${coverage}`)
    }
  })

  it('keep a bounded number of scores, and enough of each', () => {
    assert.ok(mostOrigins(7, 96) > 11_000)
    assert.equal(mostOrigins(512, 1024), 32)
    assert.equal(mostOrigins(10_000, 1024), 30)
  })
})
