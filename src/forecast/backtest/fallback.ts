import type { Forecast } from '../types.ts'

/** Newest changes of a column that widths are made of. */
const WINDOW = 256

/**
 * The forecast of a column at a row where its stream issues none. Where it only has no reading there, that is what it
 * forecast last, moved on by the rows since; steps that go beyond are as its last one.
 *
 * While it is still warming up, that is the last value, 0 before any. Its interval is that of a random walk: the conformal
 * quantile of the newest changes from value to value, times the root of the rows since; without any change its width is 0.
 */
export interface Fallback {
  /** Takes the value of the next row, NaN where there is none. */
  push(value: number): void
  /** Takes what the stream has forecast at the newest row. */
  issued(forecast: Bands): void
  /** Writes the forecast issued at the newest row, `horizon` steps from `at` on. */
  write(mean: Float64Array, lower: Float64Array, upper: Float64Array, at: number, horizon: number): void
}

/** A forecast and its interval, one of each a step. */
export type Bands = Pick<Forecast, 'mean' | 'lower' | 'upper'>

/** A column that has had no row yet. */
export function createFallback(coverage: number): Fallback {
  const changes: number[] = []
  let last = Number.NaN
  /** Rows since the last value. */
  let since = 0
  let newest: Bands | null = null

  const unit = (): number => {
    const n = changes.length
    if (n === 0) return 0
    const rank = Math.min(Math.ceil((n + 1) * coverage), n)
    return Float64Array.from(changes).sort()[rank - 1]
  }

  return {
    push(value) {
      since++
      if (Number.isNaN(value)) return
      if (!Number.isNaN(last)) changes.push(Math.abs(value - last) / Math.sqrt(since))
      if (changes.length > WINDOW) changes.shift()
      last = value
      since = 0
    },
    issued(forecast) {
      newest = forecast
    },
    write(mean, lower, upper, at, horizon) {
      if (newest) {
        for (let h = 0; h < horizon; h++) {
          const step = Math.min(since + h, horizon - 1)
          mean[at + h] = newest.mean[step]
          lower[at + h] = newest.lower[step]
          upper[at + h] = newest.upper[step]
        }
        return
      }
      const value = Number.isNaN(last) ? 0 : last
      const width = unit()
      for (let h = 0; h < horizon; h++) {
        const half = width * Math.sqrt(since + h + 1)
        mean[at + h] = value
        lower[at + h] = value - half
        upper[at + h] = value + half
      }
    },
  }
}
