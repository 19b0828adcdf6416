import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Forecast } from '../../src/forecast/types.ts'
import { blank, fitted, opener, run, waves } from './fitted.ts'

const coverage = fc.integer({ min: 1, max: 99 }).map((percent) => percent / 100)

describe('several coverages', () => {
  const open = opener()

  it('give an interval each, in their order, the first of which is lower and upper; more holds less', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(coverage, { minLength: 1, maxLength: 8 }),
        fc.boolean(),
        (coverages, net) => {
          const forecasts = run(open(net ? fitted() : blank(), { coverage: coverages }), waves(120))
          for (const forecast of forecasts.slice(8) as Forecast[]) {
            const { intervals, lower, upper, measuredCoverage } = forecast
            assert.deepEqual(
              intervals.map((one) => one.coverage),
              coverages,
            )
            assert.equal(forecast.coverage, coverages[0])
            assert.deepEqual([intervals[0].lower, intervals[0].upper], [lower, upper])
            assert.equal(intervals[0].measuredCoverage, measuredCoverage)
            const rising = [...intervals].sort((a, b) => a.coverage - b.coverage)
            for (const [i, { lower, upper }] of rising.entries()) {
              const inner = rising[i - 1] ?? { lower: forecast.mean, upper: forecast.mean }
              assert.ok(lower.every((low, h) => low <= inner.lower[h]))
              assert.ok(upper.every((high, h) => high >= inner.upper[h]))
            }
          }
        },
      ),
      { numRuns: 20 },
    )
  })

  it('hold what they are to hold, and say what they have held', () => {
    const coverages = [0.95, 0.8, 0.5]
    const readings = waves(4000)
    const forecasts = run(open(blank(), { coverage: coverages }), readings)
    const last = forecasts.at(-1)!
    for (const [c, coverage] of coverages.entries()) {
      for (const h of [0, 5]) {
        let held = 0
        let met = 0
        for (let t = 500; t + h + 1 < readings.length; t++) {
          const { lower, upper } = forecasts[t]!.intervals[c]
          const { value } = readings[t + h + 1]
          if (lower[h] <= value && value <= upper[h]) held++
          met++
        }
        assert.ok(Math.abs(held / met - coverage) < 0.03, `${held / met} of ${coverage} at step ${h + 1}`)
      }
      assert.ok(Math.abs(last.intervals[c].measuredCoverage! - coverage) < 0.05)
    }
  })

  it('change nothing in the forecast itself', () => {
    const readings = waves(300)
    const [one, all] = [0.9, [0.9, 0.5, 0.99]].map((coverage) => run(open(fitted(), { coverage }), readings))
    for (const [t, forecast] of one.entries()) {
      const { mean, experts, skill } = forecast ?? {}
      assert.deepEqual([mean, experts, skill], [all[t]?.mean, all[t]?.experts, all[t]?.skill])
    }
  })

  it('that are impossible are refused, by their value', () => {
    const model = blank()
    const refused = (coverage: unknown): string => {
      try {
        model.streams({ coverage: coverage as number })
        return 'accepted'
      } catch (error) {
        assert.ok(error instanceof RangeError)
        return error.message
      }
    }
    for (const [coverage, message] of [
      [0, 'coverage must lie between 0 and 1, got 0'],
      [1, 'coverage must lie between 0 and 1, got 1'],
      [Number.NaN, 'coverage must lie between 0 and 1, got NaN'],
      ['0.9', 'coverage must lie between 0 and 1, got 0.9'],
      [[0.9, 1.5], 'coverage must lie between 0 and 1, got 1.5'],
      [[0.9, '0.5'], 'coverage must lie between 0 and 1, got 0.5'],
      [[0.9, undefined], 'coverage must lie between 0 and 1, got undefined'],
      [[0.9, 0.5, 0.9], 'coverage 0.9 is there twice'],
      [[], 'coverage must be one number or a list of 1 to 8'],
      [[1, 2, 3, 4, 5, 6, 7, 8, 9].map((one) => one / 10), 'coverage must be one number or a list of 1 to 8'],
      [null, 'coverage must be one number or a list of 1 to 8'],
      [{ length: 1, 0: 0.9 }, 'coverage must be one number or a list of 1 to 8'],
    ]) {
      assert.equal(refused(coverage), message)
    }
    assert.equal(refused([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]), 'accepted')
  })

  it('are those given when the streams were opened, whatever becomes of the list', () => {
    const list = [0.9, 0.5]
    const streams = open(blank(), { coverage: list })
    list[0] = 7
    assert.equal(run(streams, waves(40)).at(-1)!.coverage, 0.9)
  })
})
