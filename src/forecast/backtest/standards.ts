import type { Column, Rows } from '../../table/types.ts'

/** What errors of one column are measured in. */
export interface Standard {
  /** Mean of the fit rows. */
  readonly mean: number
  /** Population standard deviation of the fit rows; 1 where it is below 1e-8. */
  readonly deviation: number
  /** Mean |x_t − x_{t−season}| of the fit rows, without a season of one row; NaN where no two values are so far apart. */
  readonly change: number
}

/** Below it a column is constant but for rounding. */
const CONSTANT = 1e-8

/** Measures a column on some of its rows; values that are NaN are left out. */
export function standardOf({ values }: Column, { from, to }: Rows, season: number): Standard {
  const seen = values.subarray(from, to).filter((v) => !Number.isNaN(v))
  let mean = 0
  for (const v of seen) mean += v / seen.length
  let square = 0
  for (const v of seen) square += (v - mean) ** 2 / seen.length
  const deviation = Math.sqrt(square)
  const lag = Math.max(season, 1)
  let change = 0
  let count = 0
  for (let t = from + lag; t < to; t++) {
    const size = Math.abs(values[t] - values[t - lag])
    if (Number.isNaN(size)) continue
    count++
    change += (size - change) / count
  }
  return {
    mean,
    deviation: deviation < CONSTANT ? 1 : deviation,
    change: count > 0 ? change : Number.NaN,
  }
}
