/** Measurements of several streams on one grid: row r of every column was read at the same time. */
export interface Table {
  readonly rows: number
  /** Milliseconds since the epoch, strictly rising, one for each row; null where the rows have no times. */
  readonly times: Float64Array | null
  /** Milliseconds from row to row, the median; null where the rows have no times. */
  readonly period: number | null
  readonly columns: readonly Column[]
}

export interface Column {
  readonly name: string
  /** One for each row, in the sensor's own unit; NaN where there is none. */
  readonly values: Float64Array
}

/** A range of rows, 0-based, half open. */
export interface Rows {
  readonly from: number
  readonly to: number
}
