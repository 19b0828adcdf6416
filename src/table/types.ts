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

/** A table as it was read from CSV. */
export interface CsvTable extends Table {
  /** Name of the column of times; null: there is none. */
  readonly timeColumn: string | null
  /** What was left out or put right, a sentence each. */
  readonly notes: readonly string[]
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
   * @default the first column whose first 100 cells all read as times (`readTime`), else the first of which at least half
   * do and the others are blank. One that holds bare numbers must also be called like a time (`time`, `date`, `timestamp`,
   * `epoch`, `ts`, …), because a counter looks the same.
   */
  readonly time?: string | null
  /**
   * What happens where times do not rise from row to row, or are blank. `refuse`: an Error. `sort`: rows are put in order,
   * the first of equal times is kept, and rows without a time are left out. `ignore`: rows stand as they are, and count
   * without times. The last two are told in `notes`.
   * @default `refuse`
   */
  readonly unsorted?: 'refuse' | 'sort' | 'ignore'
  /**
   * Names of the columns to read, in this order.
   * @default all columns but that of times that have a name and a number in the first 100 rows; one that is empty there
   * counts if the first cell that is not holds a number. Where there are others, those that count rows are left out: they
   * rise by 1 in every row, and there are at least ten rows
   */
  readonly columns?: readonly string[]
  /** What stands between cells. @default detected: comma, semicolon, tab or vertical bar */
  readonly delimiter?: string
  /** Most cells that are kept, those of the times included. @default 100 million */
  readonly maxCells?: number
  /** Most characters of text, unpacked. @default 2³¹ */
  readonly maxCharacters?: number
}
