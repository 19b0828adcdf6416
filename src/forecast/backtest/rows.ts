import type { Rows } from '../../table/types.ts'

/** Shares of a table's rows that are learned from, that choose, and that test, where none are named. */
const FIT = 0.6
const VALIDATE = 0.2

/** The first 60 % of the rows to fit, the next 20 % to validate, the newest 20 % to test. */
export function defaultRows(rows: number): {
  readonly fit: Rows
  readonly validate: Rows
  readonly test: Rows
} {
  const fitted = Math.floor(FIT * rows)
  const validated = Math.floor((FIT + VALIDATE) * rows)
  return {
    fit: { from: 0, to: fitted },
    validate: { from: fitted, to: validated },
    test: { from: validated, to: rows },
  }
}

/** Rows after which a forecast is issued whose steps all lie in `rows`: from the row before the first. */
export function originsOf({ from, to }: Rows, horizon: number): Rows {
  return { from: from - 1, to: Math.max(from - 1, to - horizon) }
}

/**
 * Distance of the rows to take so that at most `most` of `count` are, at least one.
 *
 * It shares no divisor with the season: every phase of it is met.
 */
export function strideOf(count: number, most: number, season: number): number {
  let stride = Math.max(1, Math.ceil(count / Math.max(most, 1)))
  while (season > 1 && divisor(stride, season) > 1) stride++
  return stride
}

/** Greatest common divisor. */
function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b)
}
