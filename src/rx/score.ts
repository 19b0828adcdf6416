import { defer, map, type OperatorFunction } from 'rxjs'
import { checkScoreOptions, createScorer, type ScoreOptions, type Scores } from '../forecast/score.ts'
import type { Outcome } from '../forecast/types.ts'

/** An outcome, and how good the forecasts of its stream have been up to there. */
export type Scored<T> = Outcome<T> & { readonly scores: Scores }

/**
 * Adds to each outcome of `forecast` how good the forecasts of its stream have been lately.
 *
 * ```
 * source   --w---F---F---i---F--|    w warming, F forecast, i invalid
 * score    --0---0---1---1---2--|    readings that earlier forecasts have met
 * ```
 *
 * One for each outcome, in the same turn. Forecasts are held until the readings that they are about have come; skipped
 * readings change nothing but their count. Figures are means over an exponential window of `window` readings, null
 * while nothing is known yet. What is held is bounded for each stream, and at most `maxStreams` streams are.
 *
 * Cold: each subscription begins with nothing.
 *
 * @throws RangeError naming an impossible option and its value
 * @example
 * from(history)
 *   .pipe(forecast({ value: (r) => r.celsius, time: (r) => r.at }), score({ season: 24 }))
 *   .subscribe(({ scores }) => {
 *     console.log(scores.mae, scores.skill, scores.seasonalSkill, scores.measuredCoverage)
 *   })
 */
export function score<T>(options: ScoreOptions = {}): OperatorFunction<Outcome<T>, Scored<T>> {
  checkScoreOptions(options)
  return (source) =>
    defer(() => {
      const scorer = createScorer(options)
      return source.pipe(
        map((outcome) => {
          scorer.learn(outcome.key, outcome)
          return { ...outcome, scores: scorer.scores(outcome.key) }
        }),
      )
    })
}
