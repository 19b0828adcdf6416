/** A simple method that forecasts a column without gaps. */
export interface Baseline {
  /** Writes the forecast issued at index `t` of `values`, in their own unit; it reads nothing after `t`. */
  forecast(values: Float64Array, t: number, mean: Float64Array): void
}

/** The last value, for every step ahead. */
export const naive: Baseline = {
  forecast(values, t, mean) {
    mean.fill(values[t])
  },
}

/**
 * The newest known value of the same phase: ŷ(t, h) = x at t + h − season·⌈h / season⌉. Without a season, and as long
 * as less than a season is known, the last value.
 * @param season rows of the regular pattern, 0 = none
 */
export function seasonalNaive(season: number): Baseline {
  if (season < 2) return naive
  return {
    forecast(values, t, mean) {
      for (let h = 1; h <= mean.length; h++) {
        const from = t + h - season * Math.ceil(h / season)
        mean[h - 1] = values[from < 0 ? t : from]
      }
    },
  }
}
