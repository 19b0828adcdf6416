import { quote } from '../quote.ts'
import { isBlank } from './csv-times.ts'
import { NoTableError } from './no-table.ts'
import { readNumber } from './number.ts'
import { readTime } from './time.ts'
import type { Column } from './types.ts'

/** Most columns of a file. */
const MAX_COLUMNS = 10_000
/** Names that an error lists. */
const LISTED = 12
/** Fewest rows in which a counter is told from a sensor. */
const COUNTED = 10
/** What columns of times are called where they hold bare numbers, which may as well be those of a counter. */
const TIME_NAME = /time|date|stamp|epoch|unix|zeit|^_?ts?$/i
const DIGITS = /^\s*[\d.]+\s*$/

/** Which columns of a file are read. */
export interface Chosen {
  /** Column of the times; null: none. */
  readonly time: number | null
  readonly values: readonly ChosenColumn[]
}

export interface ChosenColumn {
  readonly index: number
  /** Whether it is certain that it holds numbers; if not, all its cells so far are empty. */
  readonly certain: boolean
}

/** Names from the first row. */
export function namesOf(cells: readonly string[]): string[] {
  if (cells.length > MAX_COLUMNS) {
    throw new NoTableError(`the first row has ${cells.length} columns, at most ${MAX_COLUMNS} can be read`)
  }
  const names = cells.map((cell) => cell.trim())
  if (isData(names)) {
    throw new NoTableError(
      `the first row must hold the names of the columns, but begins with ${quote(names[0])}`,
    )
  }
  const seen = new Set<string>()
  for (const name of names) {
    if (name !== '' && seen.has(name)) throw new NoTableError(`two columns have the name ${quote(name)}`)
    seen.add(name)
  }
  return names
}

/** Whether a row is one of measurements: numbers and times only, among them what no one calls a column. */
function isData(cells: readonly string[]): boolean {
  return (
    cells.every((cell) => readNumber(cell, true) !== undefined || readTime(cell) !== undefined) &&
    (cells.some((cell) => /\d[.,]\d/.test(cell) || readTime(cell) !== undefined) ||
      new Set(cells).size < cells.length)
  )
}

/**
 * Chooses the columns to read by what the first rows hold.
 *
 * @param time name of the time column, `undefined`: to be found, null: none
 * @param columns names of the columns of values, `undefined`: all with a name and a number in the first rows, and those
 * that are empty so far
 */
export function chooseColumns(
  names: readonly string[],
  rows: readonly (readonly string[])[],
  time: string | null | undefined,
  columns: readonly string[] | undefined,
): Chosen {
  if (columns?.length === 0) throw new TypeError('columns must name at least one column')
  const named = columns?.map((name) => indexOf(names, name))
  if (named && new Set(named).size < named.length) throw new Error('columns must name each column once')
  const timeIndex =
    typeof time === 'string' ? indexOf(names, time) : time === null ? -1 : findTime(names, rows)
  if (timeIndex >= 0 && named?.includes(timeIndex)) {
    throw new Error(`${quote(names[timeIndex])} is the time column and cannot be a column of values as well`)
  }
  const values = named
    ? named.map((index) => ({ index, certain: true }))
    : names.flatMap((name, index) => (name === '' || index === timeIndex ? [] : chooseColumn(rows, index)))
  return { time: timeIndex < 0 ? null : timeIndex, values }
}

function chooseColumn(rows: readonly (readonly string[])[], index: number): ChosenColumn[] {
  const numbers = rows.map((cells) => readNumber(cells[index], true))
  if (numbers.some((number) => number !== undefined && !Number.isNaN(number)))
    return [{ index, certain: true }]
  return numbers.includes(undefined) ? [] : [{ index, certain: false }]
}

/**
 * Leaves out columns that count rows, unless there are no others.
 * @param names of all columns that might have been read
 * @param read those that hold numbers
 */
export function leaveOut(
  names: readonly string[],
  read: readonly Column[],
): { kept: readonly Column[]; notes: readonly string[] } {
  const counters = read.filter(({ values }) => countsRows(values))
  const kept = counters.length < read.length ? read.filter((column) => !counters.includes(column)) : read
  const known = new Set(read.map(({ name }) => name))
  const others = names.filter((name) => name !== '' && !known.has(name))
  const notes: string[] = []
  if (others.length > 0) notes.push(`left out for holding no numbers: ${listNames(others)}`)
  if (kept.length < read.length) {
    notes.push(`left out for counting rows: ${listNames(counters.map(({ name }) => name))}`)
  }
  return { kept, notes }
}

function countsRows(values: Float64Array): boolean {
  return values.length >= COUNTED && values.every((value, row) => row === 0 || value === values[row - 1] + 1)
}

/** Names for an error, not too many. */
export function listNames(names: readonly string[]): string {
  const more = names.length > LISTED ? `, and ${names.length - LISTED} more` : ''
  return names.slice(0, LISTED).map(quote).join(', ') + more
}

function indexOf(names: readonly string[], name: string): number {
  const index = typeof name === 'string' ? names.indexOf(name.trim()) : -1
  if (index < 0) throw new Error(`there is no column ${quote(name)}, the columns are ${listNames(names)}`)
  return index
}

function findTime(names: readonly string[], rows: readonly (readonly string[])[]): number {
  if (rows.length === 0) return -1
  const isTime = (cell: string, name: string): boolean =>
    readTime(cell) !== undefined && (!DIGITS.test(cell) || TIME_NAME.test(name))
  const whole = names.findIndex((name, index) => rows.every((cells) => isTime(cells[index], name)))
  if (whole >= 0) return whole
  return names.findIndex((name, index) => {
    const written = rows.filter((cells) => !isBlank(cells[index]))
    return written.length >= rows.length / 2 && written.every((cells) => isTime(cells[index], name))
  })
}
