/** What intervals of one column hold, as origins go by. */
export interface Cover {
  /** Takes the intervals issued at row `origin`: those of step h are at `at + h − 1`. A truth that is NaN is left out. */
  add(origin: number, lower: ArrayLike<number>, upper: ArrayLike<number>, at: number): void
  /** Of each step: truths met, those inside, and the sum of Winkler scores in units of the column's deviation. */
  readonly counts: Float64Array
  readonly inside: Float64Array
  readonly winkler: Float64Array
}

/** Of intervals over all columns; NaN where no truth was met. */
export interface CoverScore {
  /** Share of truths inside. */
  readonly coverage: number
  /** Mean Winkler score. */
  readonly winkler: number
}

/**
 * The Winkler score of an interval is its width, and 2 / (1 − coverage) times the distance of a truth that lies outside
 * (Winkler 1972): the mean is least for the interval between the true quantiles.
 * @param truth the column's values, NaN where there is none
 * @param coverage share that intervals are meant to hold
 */
export function coverColumn(
  truth: Float64Array,
  horizon: number,
  deviation: number,
  coverage: number,
): Cover {
  const penalty = 2 / (1 - coverage)
  const counts = new Float64Array(horizon)
  const inside = new Float64Array(horizon)
  const winkler = new Float64Array(horizon)
  return {
    counts,
    inside,
    winkler,
    add(origin, lower, upper, at) {
      for (let h = 0; h < horizon; h++) {
        const value = truth[origin + 1 + h]
        if (Number.isNaN(value)) continue
        const below = lower[at + h]
        const above = upper[at + h]
        const outside = Math.max(below - value, value - above, 0)
        counts[h]++
        if (outside === 0) inside[h]++
        winkler[h] += (above - below + penalty * outside) / deviation
      }
    },
  }
}

/** Scores of steps `from`..`to`, counted from 1, over all columns; every truth counts alike. */
export function poolCover(columns: readonly Cover[], from: number, to: number): CoverScore {
  let count = 0
  let inside = 0
  let winkler = 0
  for (const column of columns) {
    for (let h = from - 1; h < to; h++) {
      count += column.counts[h]
      inside += column.inside[h]
      winkler += column.winkler[h]
    }
  }
  return { coverage: inside / count, winkler: winkler / count }
}
