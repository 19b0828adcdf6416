import type { Forecast } from './types.ts'

/** What one step of an earlier forecast said of a value, and what simple methods did. */
export interface Pair {
  /** Index of the step among those that are scored. */
  readonly index: number
  readonly mean: number
  readonly lower: number
  readonly upper: number
  /** Value at that forecast's cutoff. */
  readonly naive: number
  /** Newest value of the same phase of the season at that cutoff; NaN: not known. */
  readonly seasonal: number
}

/** The forecasts of one stream that wait for their truth. */
export interface Pairs {
  /** Steps that are scored, ascending; the first and the last one of the horizon are among them. */
  readonly steps: readonly number[]
  /**
   * Tells of each step that meets `forecast.last`, then lets the forecast wait.
   * @param skipped grid steps without a forecast since the one before
   * @returns the value one season ago, or one step where there is no season; NaN: not known
   */
  meet(forecast: Forecast, skipped: number, tell: (pair: Pair) => void): number
  /** Drops what waits. */
  clear(): void
}

/** Steps of a forecast that are scored. */
const MAX_STEPS = 24

/**
 * Step h waits for h grid steps, so its forecasts lie in a ring of h places: that of an origin is taken out in the turn
 * in which its truth comes, and the new one put there. At a horizon of 24 that is 7 kB, at 256 it is 80 kB.
 */
export function createPairs(horizon: number, season: number | null): Pairs {
  const steps = chooseSteps(horizon)
  const starts = steps.map((_, i) => steps.slice(0, i).reduce((sum, step) => sum + step, 0))
  const places = steps.reduce((sum, step) => sum + step, 0)
  const mean = new Float64Array(places).fill(Number.NaN)
  const lower = new Float64Array(places)
  const upper = new Float64Array(places)
  /** How far back the last value of the same phase lies from the truth of each step. */
  const phases = steps.map((step) => (season === null ? 0 : season * Math.ceil(step / season)))
  const values = new Float64Array(Math.max(horizon, season ?? 1, ...phases)).fill(Number.NaN)
  let now = 0

  const valueAgo = (ago: number): number => values[(now - ago + values.length) % values.length]

  const clear = (): void => {
    mean.fill(Number.NaN)
    values.fill(Number.NaN)
  }

  /** Grid steps that were not observed: nothing waits for what comes after them. */
  const skip = (count: number): void => {
    if (count >= values.length) {
      clear()
      now += count
      return
    }
    for (let i = 0; i < count; i++) {
      now++
      for (let at = 0; at < steps.length; at++) mean[starts[at] + (now % steps[at])] = Number.NaN
      values[now % values.length] = Number.NaN
    }
  }

  return {
    steps,
    meet(forecast, skipped, tell) {
      skip(skipped)
      now++
      const before = valueAgo(season ?? 1)
      for (let index = 0; index < steps.length; index++) {
        const step = steps[index]
        const place = starts[index] + (now % step)
        if (!Number.isNaN(mean[place])) {
          tell({
            index,
            mean: mean[place],
            lower: lower[place],
            upper: upper[place],
            naive: valueAgo(step),
            seasonal: season === null ? Number.NaN : valueAgo(phases[index]),
          })
        }
        mean[place] = forecast.mean[step - 1]
        lower[place] = forecast.lower[step - 1]
        upper[place] = forecast.upper[step - 1]
      }
      values[now % values.length] = forecast.last
      return before
    },
    clear,
  }
}

/** All steps up to the horizon or, where they are more, as many as are scored, evenly spread. */
function chooseSteps(horizon: number): number[] {
  const count = Math.min(horizon, MAX_STEPS)
  if (count === 1) return [1]
  return Array.from({ length: count }, (_, i) => 1 + Math.round((i * (horizon - 1)) / (count - 1)))
}
