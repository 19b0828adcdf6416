/** Newest changes of a column that widths are made of. */
const WINDOW = 256

/**
 * The forecast of a column at a row where its stream issues none, because it has no reading there or is still warming
 * up: the last value, 0 before any. Its interval is that of a random walk: the conformal quantile of the newest changes
 * from value to value, times the root of the rows since; without any change its width is 0.
 */
export interface Fallback {
  /** Takes the value of the next row, NaN where there is none. */
  push(value: number): void
  /** Writes the forecast issued at the newest row, `horizon` steps from `at` on. */
  write(mean: Float64Array, lower: Float64Array, upper: Float64Array, at: number, horizon: number): void
}

/** A column that has had no row yet. */
export function createFallback(coverage: number): Fallback {
  const changes: number[] = []
  let last = Number.NaN
  /** Rows since the last value. */
  let since = 0

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
    write(mean, lower, upper, at, horizon) {
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
