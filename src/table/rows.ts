import { quote } from '../quote.ts'
import { gridNotes } from './grid.ts'
import { isList, isPair, type Row, readRow } from './shape.ts'
import { createStream, type FinishedStream, type RowStream } from './stream.ts'
import type { StreamColumn } from './types.ts'

type Fields = Readonly<Record<string, unknown>>

const MAX_ROWS = 10_000_000
const MAX_COLUMNS = 10_000
/** Of all columns together, as read and with their gaps. */
const MAX_CELLS = 50_000_000
/** Arrays in arrays. */
const MAX_DEPTH = 4
/** Periods of streams that differ by less are the same: clocks are not quite alike. */
const SAME_PERIOD = 0.01

export interface RowOptions {
  /** Most rows, those left out included. @default 10 million */
  readonly maxRows?: number
}

/** Makes columns of the rows of messages. */
export interface RowCollector {
  /** Rows so far, those left out included. */
  readonly rows: number
  /**
   * Takes a row, or an array of rows. What is no row is left out, and said in the notes.
   * @param key stream of the rows that do not say one, the topic of the message for instance. @default none
   * @throws RangeError when there are too many rows, columns or values
   */
  add(value: unknown, key?: string): void
  /** @throws RangeError when the columns have too many cells; Error when two columns have one name */
  finish(): CollectedRows
}

export interface CollectedRows {
  /** In the order in which they came; none if no row held a number. Columns of one kind of wide rows have equal length. */
  readonly columns: readonly StreamColumn[]
  /** Milliseconds from row to row that all columns share, within 1 %; null if they do not, or have no times. */
  readonly period: number | null
  /** What was left out and what is missing, each in one sentence. */
  readonly notes: readonly string[]
}

/**
 * Collects rows as databases and messages have them, in any order: numbers; `[time, value]`; objects of one value, of a
 * stream that they name, or of several values; an object of arrays of equal length; and arrays of all that. What fields
 * mean is said at `readRow`.
 *
 * Each stream is put on the grid of its own period, `layOut` says how; rows without times are a period apart. The fields
 * of wide rows share a grid, unless a field comes more rarely. Of two values of one time the first is kept.
 */
export function collectRows({ maxRows = MAX_ROWS }: RowOptions = {}): RowCollector {
  const streams = new Map<string, RowStream>()
  let rows = 0
  let invalid = 0
  let firstInvalid = ''
  let columns = 0
  let values = 0

  function count(): void {
    rows++
    if (rows > maxRows) throw new RangeError(`there are more than ${maxRows} rows`)
  }

  function reject(why: string | undefined): void {
    if (why === undefined) return
    if (invalid === 0) firstInvalid = `row ${rows}: ${why}`
    invalid++
  }

  function add(value: unknown, key: string, depth: number): void {
    if (isList(value) && !isPair(value)) {
      // Each of these counts as a row, so that what an array holds many times over comes to an end.
      if (depth === MAX_DEPTH || (depth > 0 && value.length === 0)) {
        count()
        reject(depth === MAX_DEPTH ? 'arrays within arrays' : 'an empty array')
      } else for (let i = 0; i < value.length; i++) add(value[i], key, depth + 1)
      return
    }
    const fields = typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) && !isPair(value)
    const lists = fields ? Object.keys(value).filter((name) => isList((value as Fields)[name])) : []
    if (lists.length > 0) addColumns(value as Fields, lists, key)
    else addRow(value, key)
  }

  /** An object of arrays; what is no array holds for all rows. */
  function addColumns(value: Fields, lists: readonly string[], key: string): void {
    const lengths = lists.map((name) => (value[name] as ArrayLike<unknown>).length)
    const [length] = lengths
    if (length === 0 || lengths.some((other) => other !== length)) {
      count()
      reject(`the arrays of ${quote(value)} have ${length === 0 ? 'no rows' : 'different lengths'}`)
      return
    }
    // Without a prototype, since a column may be called __proto__.
    const row: Record<string, unknown> = Object.assign(Object.create(null), value)
    for (let i = 0; i < length; i++) {
      for (const name of lists) row[name] = (value[name] as ArrayLike<unknown>)[i]
      addRow(row, key)
    }
  }

  function addRow(value: unknown, key: string): void {
    count()
    const row = readRow(value)
    reject(typeof row === 'string' ? row : take(row.key === '' ? { ...row, key } : row))
  }

  /** @returns why the row is left out, `undefined` if it is not */
  function take(row: Row): string | undefined {
    const name = `${row.kind} ${row.key}`
    let stream = streams.get(name)
    if (!stream) {
      stream = createStream(row)
      streams.set(name, stream)
    }
    values += row.values.length
    if (values > MAX_CELLS) throw new RangeError(`there are more than ${MAX_CELLS} values`)
    const before = stream.columns
    // One row must not make more columns than there may be, either.
    if (Math.max(row.values.length, columns, streams.size) > MAX_COLUMNS) {
      throw new RangeError(`there are more than ${MAX_COLUMNS} columns`)
    }
    const why = stream.add(row)
    columns += stream.columns - before
    return why
  }

  function notesOn(finished: readonly FinishedStream[]): string[] {
    const notes: string[] = []
    if (invalid > 0) {
      notes.push(
        `${invalid === 1 ? '1 row was' : `${invalid} rows were`} left out, the first was ${firstInvalid}`,
      )
    }
    const duplicates = finished.reduce((sum, stream) => sum + stream.duplicates, 0)
    if (duplicates > 0) {
      notes.push(
        `${duplicates === 1 ? '1 value was' : `${duplicates} values were`} left out for having the time of another`,
      )
    }
    return [...notes, ...gridNotes(finished.flatMap((stream) => stream.layouts))]
  }

  return {
    get rows() {
      return rows
    },
    add: (value, key = '') => add(value, key, 0),
    finish() {
      let cells = 0
      for (const stream of streams.values()) cells += stream.rows * stream.columns
      if (cells > MAX_CELLS) throw new RangeError(`the columns have more than ${MAX_CELLS} cells`)
      const finished = [...streams.values()].map((stream) => stream.finish())
      const all = finished.flatMap((stream) => stream.columns)
      checkNames(all)
      return { columns: all, period: sharedPeriod(all), notes: notesOn(finished) }
    },
  }
}

function checkNames(columns: readonly StreamColumn[]): void {
  const names = new Set<string>()
  for (const { name } of columns) {
    if (names.has(name)) throw new Error(`two columns have the name ${quote(name)}`)
    names.add(name)
  }
}

function sharedPeriod(columns: readonly StreamColumn[]): number | null {
  const period = columns[0]?.period ?? null
  const same = (other: number | null): boolean =>
    period !== null && other !== null && Math.abs(other - period) <= SAME_PERIOD * period
  return columns.every((column) => same(column.period)) ? period : null
}
