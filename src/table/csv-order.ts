import { showTime } from './time.ts'
import type { CsvOptions } from './types.ts'

/** Share of rows with a time that another has, above which times do not tell rows apart. */
const MOST_REPEATED = 0.25

/** The rows that are kept. */
export interface RowOrder {
  /** Strictly rising; null: rows count without their times. */
  readonly times: Float64Array | null
  /** Rows in order; null: all, as they stand. */
  readonly rows: Int32Array | null
  /** A sentence for each kind of change. */
  readonly notes: readonly string[]
}

/**
 * What is made of times that do not rise from row to row; they are NaN where a row has none.
 * @throws Error when that is refused, and when too many rows have the time of another to be sorted by it
 */
export function orderRows(times: Float64Array, unsorted: NonNullable<CsvOptions['unsorted']>): RowOrder {
  const at = firstNotRising(times)
  if (at < 0) return { times, rows: null, notes: [] }
  if (unsorted === 'sort') return sorted(times)
  const reason = Number.isNaN(times[at])
    ? `row ${at + 1} has none`
    : `row ${at + 1} (${showTime(times[at])}) does not come after row ${at} (${showTime(times[at - 1])})`
  if (unsorted === 'refuse') throw new Error(`times must rise from row to row, but ${reason}`)
  return { times: null, rows: null, notes: [`rows count without their times, which do not rise: ${reason}`] }
}

function firstNotRising(times: Float64Array): number {
  if (times.length > 0 && Number.isNaN(times[0])) return 0
  for (let row = 1; row < times.length; row++) if (!(times[row] > times[row - 1])) return row
  return -1
}

/** Rows by time, the first of those that have the same, none without a time. */
function sorted(times: Float64Array): RowOrder {
  const timed = Int32Array.from(times, (_, row) => row).filter((row) => !Number.isNaN(times[row]))
  if (timed.length === 0) throw new Error('no row has a time')
  const disordered = timed.some((row, i) => i > 0 && times[row] < times[timed[i - 1]])
  if (disordered) timed.sort((a, b) => times[a] - times[b] || a - b)
  const rows = timed.filter((row, i) => i === 0 || times[row] !== times[timed[i - 1]])
  const repeated = timed.length - rows.length
  if (repeated > MOST_REPEATED * times.length) {
    throw new Error(
      `${repeated} of ${times.length} rows have the time of another row: a table needs one row for each time, with the whole time in one column and a column for each stream`,
    )
  }
  const notes: string[] = []
  const blank = times.length - timed.length
  if (disordered) notes.push('rows were put in the order of their times')
  if (repeated > 0) notes.push(`${countOf(repeated)} left out because a row before has the same time`)
  if (blank > 0) notes.push(`${countOf(blank)} left out for having no time`)
  return { times: Float64Array.from(rows, (row) => times[row]), rows, notes }
}

const countOf = (rows: number): string => (rows === 1 ? '1 row was' : `${rows} rows were`)
