/** Measurements of several streams on one grid: row r of every column was read at the same time. */
export interface Table {
  readonly rows: number
  /** Milliseconds since the epoch, strictly rising, one for each row; null where the rows have no times. */
  readonly times: Float64Array | null
  /** Milliseconds from row to row, as `periodOf` finds it; null where the rows have no times or there is one row. */
  readonly period: number | null
  readonly columns: readonly Column[]
}

export interface Column {
  readonly name: string
  /** One for each row, in the sensor's own unit; NaN where there is none. */
  readonly values: Float64Array
}

/** A stream on a grid of its own. */
export interface StreamColumn extends Column {
  /** Time of the first row, in milliseconds since the epoch; null where the rows have no times. */
  readonly start: number | null
  /** Milliseconds from row to row; null where the rows have no times or there is one row. */
  readonly period: number | null
}

/** A range of rows, 0-based, half open. */
export interface Rows {
  readonly from: number
  readonly to: number
}

/** How a table is read from CSV. */
export interface CsvOptions {
  /**
   * Name of the column of times; null: rows have no times.
   * @default the first column whose first 100 cells all read as times (`readTime`). One that holds bare numbers must also
   * be called like a time (`time`, `date`, `timestamp`, `epoch`, `ts`, …), because a counter looks the same.
   */
  readonly time?: string | null
  /**
   * Names of the columns to read, in this order.
   * @default all columns but that of times that have a name and a number in the first 100 rows; one that is empty there
   * counts if the first cell that is not holds a number
   */
  readonly columns?: readonly string[]
  /** What stands between cells. @default detected: comma, semicolon or tab */
  readonly delimiter?: string
  /** Most cells that are kept, those of the times included. @default 100 million */
  readonly maxCells?: number
  /** Most characters of text, unpacked. @default 2³¹ */
  readonly maxCharacters?: number
}
