import type { Column } from '../../table/types.ts'

/** Share of a column's rows that is held back to tell how good the model is, and of the rest that judges. */
export const HELD_BACK = 0.2
const JUDGING = 0.2
/** Fewest rows that say anything. */
const LEAST = 8

/** How the rows of a column are used, all of them ends. */
export interface Split {
  /** Rows before it teach while the model is measured. */
  readonly taught: number
  /** Rows from there to here judge when to stop; then come those that are held back. */
  readonly judged: number
  readonly rows: number
}

/** null: too short for a forecast of the whole horizon to be held back, or nothing to learn from before it. */
export function splitColumn({ values }: Column, horizon: number): Split | null {
  const rows = values.length
  const judged = rows - Math.floor(HELD_BACK * rows)
  if (rows - judged < Math.max(horizon, LEAST)) return null
  const taught = judged - Math.floor(JUDGING * judged)
  return values.subarray(0, taught).every(Number.isNaN) ? null : { taught, judged, rows }
}
