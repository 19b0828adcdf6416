import type { Standard } from './standards.ts'
import type { MethodScore } from './types.ts'

/** Errors of one method on one column, as origins go by. */
export interface ColumnScore {
  /** Takes the forecast issued at row `origin`: step h is `mean[at + h − 1]`. A truth that is NaN is left out. */
  add(origin: number, mean: ArrayLike<number>, at: number): void
  /** Truths met, and sums of squared errors, of each step. */
  readonly counts: Float64Array
  readonly squaresOf: Float64Array
  /** Truths met. */
  readonly count: number
  /** Sums over them of squared and of absolute errors, in units of the column's deviation. */
  readonly squares: number
  readonly sizes: number
  /** Mean absolute error / mean change of the fit rows; NaN where either is unknown or nothing ever changed. */
  readonly mase: number
}

/** @param truth the column's values, NaN where there is none */
export function scoreColumn(truth: Float64Array, horizon: number, standard: Standard): ColumnScore {
  const unit = 1 / standard.deviation
  const counts = new Float64Array(horizon)
  const squaresOf = new Float64Array(horizon)
  let count = 0
  let squares = 0
  let sizes = 0
  return {
    counts,
    squaresOf,
    add(origin, mean, at) {
      for (let h = 0; h < horizon; h++) {
        const error = (truth[origin + 1 + h] - mean[at + h]) * unit
        if (Number.isNaN(error)) continue
        const square = error * error
        counts[h]++
        squaresOf[h] += square
        count++
        squares += square
        sizes += Math.abs(error)
      }
    },
    get count() {
      return count
    },
    get squares() {
      return squares
    },
    get sizes() {
      return sizes
    },
    get mase() {
      return standard.change > 0 ? ((sizes / count) * standard.deviation) / standard.change : Number.NaN
    },
  }
}

/** Scores over all columns: every value counts alike, but for MASE, where every column does. */
export function poolScores(columns: readonly ColumnScore[]): MethodScore {
  const sum = (of: (column: ColumnScore) => number): number =>
    columns.reduce((total, column) => total + of(column), 0)
  const count = sum((column) => column.count)
  const scaled = columns.filter(({ mase }) => !Number.isNaN(mase))
  return {
    mse: sum(({ squares }) => squares) / count,
    mae: sum(({ sizes }) => sizes) / count,
    mase: scaled.reduce(
      (total, { mase }) => total + mase / scaled.length,
      scaled.length > 0 ? 0 : Number.NaN,
    ),
  }
}

/** Mean squared error of steps `from`..`to`, counted from 1, over all columns; NaN where no truth was met. */
export function poolSteps(columns: readonly ColumnScore[], from: number, to: number): number {
  let count = 0
  let squares = 0
  for (const column of columns) {
    for (let h = from - 1; h < to; h++) {
      count += column.counts[h]
      squares += column.squaresOf[h]
    }
  }
  return squares / count
}
