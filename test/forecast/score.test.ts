import assert from 'node:assert/strict'
import fc from 'fast-check'
import { createScorer, type ScoreOptions, type Scores } from '../../src/forecast/score.ts'
import type { Forecast } from '../../src/forecast/types.ts'
import { forecastOf, skipOf } from './outcomes.ts'

/** The scores of one stream after these forecasts. */
function scoresOf(forecasts: readonly Forecast[], options: ScoreOptions = {}): Scores {
  const scorer = createScorer(options)
  for (const forecast of forecasts) scorer.learn('t', { forecast })
  return scorer.scores('t')
}

/** One forecast for each value, at grid steps 1, 2, …; `mean` is what it says of the steps to come. */
const series = (values: readonly number[], mean: (i: number) => number[]): Forecast[] =>
  values.map((last, i) => forecastOf({ last, mean: mean(i), cutoff: 1000 * (i + 1) }))

const near = (got: number | null, wanted: number, what?: string): void =>
  assert.ok(got !== null && Math.abs(got - wanted) <= 1e-9 * Math.max(1, Math.abs(wanted)), `${what} ${got}`)

describe('score', () => {
  it('knows nothing before a forecast has met its truth', () => {
    const { key, mae, skill, seasonalSkill, matured, coverage, readings } = scoresOf(
      series([1], () => [1, 1]),
    )
    assert.deepEqual([key, mae, skill, seasonalSkill, matured, coverage], ['t', null, null, null, 0, 0.9])
    assert.equal(readings.forecast, 1)
    assert.deepEqual(
      createScorer().scores('never seen').readings.forecast,
      0,
      'a stream that is not known has zeros',
    )
  })

  it('compares step h with the value h steps later', () => {
    // Errors of step 1: |3−2| = 1, |6−3| = 3; of step 2: |6−4| = 2. Naive: 2, 3 and 5.
    const scores = scoresOf(series([1, 3, 6], (i) => [2 + i, 4 + i]))
    near(scores.firstStep.mae, 2)
    near(scores.lastStep.mae, 2)
    near(scores.mae, 2)
    near(scores.firstStep.skill, 1 - 2 / 2.5)
    near(scores.lastStep.skill, 1 - 2 / 5)
    near(scores.skill, 1 - 4 / 7.5)
    near(scores.mase, 2 / 2.5)
    assert.equal(scores.matured, 2)
  })

  it('measures coverage and width of the interval', () => {
    const widths = [4, 1, 1]
    const forecasts = [1, 3, 6].map((last, i) =>
      forecastOf({ last, mean: [0], lower: [0], upper: [widths[i]], cutoff: 1000 * (i + 1) }),
    )
    const { measuredCoverage, width } = scoresOf(forecasts)
    near(measuredCoverage, 0.5)
    near(width, 2.5)
  })

  it('compares with the value one season before, where a season is given', () => {
    const values = [1, 5, 2, 6, 1, 5]
    const right = (i: number): number[] => [values[(i + 1) % 2], values[i % 2]]
    const { seasonalSkill, mase, mae } = scoresOf(series(values, right), { season: 2 })
    // Step 1 and 2 both look two values back. Step 1 meets 2, 6, 1, 5 with the errors 1, 1, 0, 0, seasonal 1, 1, 1, 1.
    near(seasonalSkill, 0.5)
    near(mase, mae! / 1)
    assert.equal(scoresOf(series(values, right)).seasonalSkill, null)
  })

  it('is as by comparing all with all, across gaps, with long horizons and seasons', () => {
    const value = fc.double({ min: -100, max: 100, noNaN: true })
    const step = fc.record({ value, gap: fc.integer({ min: 1, max: 6 }), offset: value })
    const cases = fc.record({
      steps: fc.array(step, { minLength: 2, maxLength: 60 }),
      horizon: fc.integer({ min: 1, max: 24 }),
      season: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
    })
    fc.assert(
      fc.property(cases, ({ steps, horizon, season }) => {
        let cutoff = 0
        const forecasts = steps.map(({ value: last, gap, offset }) => {
          cutoff += 1000 * gap
          const mean = Array.from({ length: horizon }, (_, h) => last + offset * (h + 1))
          return forecastOf({ last, mean, cutoff })
        })
        const at = new Map(forecasts.map((forecast) => [forecast.cutoff, forecast]))
        const errors: number[] = []
        const naives: number[] = []
        const seasonals: [error: number, seasonal: number][] = []
        for (let h = 1; h <= horizon; h++) {
          const pairs = forecasts.flatMap((truth) => {
            const from = at.get(truth.cutoff - 1000 * h)
            return from ? [{ from, truth, error: Math.abs(truth.last - from.mean[h - 1]) }] : []
          })
          if (pairs.length === 0) continue
          errors.push(mean(pairs.map(({ error }) => error)))
          naives.push(mean(pairs.map(({ from, truth }) => Math.abs(truth.last - from.last))))
          if (season === undefined) continue
          const back = 1000 * season * Math.ceil(h / season)
          const known = pairs.flatMap(({ truth, error }) => {
            const before = at.get(truth.cutoff - back)
            return before ? [{ error, seasonal: Math.abs(truth.last - before.last) }] : []
          })
          if (known.length > 0) {
            seasonals.push([
              mean(known.map(({ error }) => error)),
              mean(known.map(({ seasonal }) => seasonal)),
            ])
          }
        }
        const scores = scoresOf(forecasts, { season, window: 1000 })
        if (errors.length === 0) assert.equal(scores.mae, null)
        else near(scores.mae, mean(errors), 'mae')
        if (errors.length > 0 && mean(naives) > 1e-3) {
          near(scores.skill, 1 - mean(errors) / mean(naives), 'skill')
        }
        const seasonal = mean(seasonals.map(([, one]) => one))
        if (seasonals.length === 0) assert.equal(scores.seasonalSkill, null)
        else if (seasonal > 1e-3) {
          near(scores.seasonalSkill, 1 - mean(seasonals.map(([error]) => error)) / seasonal, 'seasonal')
        }
      }),
    )
  })

  it('forgets exponentially over its window', () => {
    const bad = series(Array(50).fill(0), () => [8])
    const good = Array.from({ length: 50 }, (_, i) => forecastOf({ cutoff: 1000 * (51 + i) }))
    near(scoresOf([...bad, ...good], { window: 4 }).mae, 8 * 0.75 ** 49)
  })

  it('scores steps spread over a long horizon, the first and the last among them', () => {
    const count = 600
    const mean = Array.from({ length: 256 }, (_, h) => h + 1)
    const scores = scoresOf(
      series(Array(count).fill(0), () => mean),
      { window: 1000 },
    )
    near(scores.firstStep.mae, 1)
    near(scores.lastStep.mae, 256)
    near(scores.mae, 128.5)
  })

  describe('drops what waits', () => {
    const ending = (next: Partial<Forecast>): Scores => {
      const before = series([1, 1, 1], () => [9, 9])
      return scoresOf([...before, forecastOf({ last: 1, mean: [9, 9], cutoff: 4000, ...next })])
    }
    it('not on the way', () => assert.equal(ending({}).matured, 3))
    it('when the stream restarts', () => {
      const counts = { ...forecastOf({ cutoff: 4000 }).counts, restarts: 1 }
      assert.equal(ending({ counts }).matured, 2)
    })
    it('when the period is another', () => {
      const counts = { ...forecastOf({ cutoff: 4000 }).counts, accepted: 4 }
      assert.equal(ending({ period: 500, counts }).matured, 2)
      assert.equal(ending({ period: 1001, counts }).matured, 3, 'a period that is followed is the same')
    })
    it('when time goes back', () => {
      const counts = { ...forecastOf({ cutoff: 4000 }).counts, accepted: 4 }
      assert.equal(ending({ cutoff: 2000, counts }).matured, 2)
    })
    it('when the gap is longer than the horizon', () => {
      assert.equal(ending({ cutoff: 6000 }).matured, 2)
      assert.equal(ending({ cutoff: 1e15 }).matured, 2)
    })
    it('with all figures, when the stream was forgotten', () => {
      const counts = { ...forecastOf({ cutoff: 4000 }).counts, accepted: 2 }
      assert.equal(ending({ counts }).mae, null)
    })
  })

  it('counts readings by what became of them, and begins anew with a reset', () => {
    const scorer = createScorer()
    for (const forecast of series([1, 2], () => [1])) scorer.learn('t', { forecast })
    for (const reason of ['late', 'invalid', 'late'] as const) scorer.learn('t', { skipped: skipOf(reason) })
    near(scorer.scores('t').mae, 1)
    const { forecast, late, invalid, warming } = scorer.scores('t').readings
    assert.deepEqual([forecast, late, invalid, warming, scorer.forecasts('t')], [2, 2, 1, 0, 2])
    scorer.learn('t', { skipped: skipOf('reset') })
    assert.equal(scorer.scores('t').mae, null)
    assert.equal(scorer.scores('t').readings.reset, 1)
  })

  it('keeps streams apart and drops the one longest unused', () => {
    const scorer = createScorer({ maxStreams: 2 })
    for (const key of ['a', '__proto__', 'a', 'b']) scorer.learn(key, { skipped: skipOf('warming') })
    assert.deepEqual(
      ['a', '__proto__', 'b'].map((key) => scorer.scores(key).readings.warming),
      [2, 0, 1],
    )
  })

  it('survives numbers that overflow', () => {
    const huge = Number.MAX_VALUE
    const forecasts = [huge, -huge, 1, 2, 3].map((last, i) =>
      forecastOf({ last, mean: [last], lower: [last], upper: [last], cutoff: 1000 * (i + 1) }),
    )
    const { mae, mase, skill, width } = scoresOf(forecasts, { window: 1 })
    assert.deepEqual([mae, mase, skill, width], [1, 1, 0, 0])
  })

  it('refuses impossible options by their value', () => {
    const cases: [ScoreOptions, RegExp][] = [
      [{ window: 0 }, /^window must be a whole number from 1 to 1000000, got 0$/],
      [{ season: 2049 }, /^season must be a whole number from 1 to 2048, got 2049$/],
      [{ maxStreams: 1.5 }, /^maxStreams must be a whole number from 1 to 10000, got 1.5$/],
      [{ window: 'many' as unknown as number }, /got "many"$/],
    ]
    for (const [options, message] of cases) {
      assert.throws(() => createScorer(options), { name: 'RangeError', message })
    }
  })
})

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length
