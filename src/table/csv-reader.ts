import { quote } from '../quote.ts'
import { checkDelimiter, createCellReader } from './cells.ts'
import { chooseColumns, leaveOut, listNames, namesOf } from './csv-columns.ts'
import { orderRows } from './csv-order.ts'
import { createTimeColumn, type TimeColumn } from './csv-times.ts'
import { createGrowing, type Growing } from './growing.ts'
import { NoTableError } from './no-table.ts'
import { readNumber } from './number.ts'
import { periodOf } from './period.ts'
import type { CsvOptions, CsvTable } from './types.ts'

/** Rows by which columns are chosen where they are not named. */
const SAMPLE = 100
const GROUPED = /^\s*[+-]?[1-9]\d{0,2},\d{3}\s*$/
const MAX_CELLS = 100_000_000
const MAX_CHARACTERS = 2 ** 31

/** Takes a CSV text as it comes. */
export interface CsvReader {
  push(text: string): void
  finish(): CsvTable
}

interface ValueColumn {
  readonly index: number
  readonly name: string
  readonly values: Growing
  certain: boolean
}

/** `readCsv` for a text that comes in pieces, cut anywhere. */
export function createCsvReader(options: CsvOptions = {}): CsvReader {
  const { delimiter, unsorted = 'refuse', maxCells = MAX_CELLS, maxCharacters = MAX_CHARACTERS } = options
  if (delimiter !== undefined) checkDelimiter(delimiter)
  const cells = createCellReader({ delimiter, maxCharacters, onRow: takeRow })
  let names: string[] | undefined
  /** Rows that wait for the choice of columns. */
  let sample: { readonly cells: string[]; readonly line: number }[] | undefined = []
  let timeIndex = -1
  let times: TimeColumn | undefined
  let columns: ValueColumn[] = []
  let rows = 0
  /** What decimal marks have been so far. */
  let mark = ''

  function takeRow(row: string[], line: number): void {
    if (!names) {
      names = namesOf(row)
      return
    }
    if (row.length !== names.length) {
      const before = rows + (sample?.length ?? 0)
      throw new Error(
        `row ${before + 1} (line ${line}) has ${row.length} cells, the first row of the file has ${names.length}`,
      )
    }
    if (!sample) addRow(row, line)
    else if (sample.push({ cells: row, line }) === SAMPLE) choose(names)
  }

  function choose(all: readonly string[]): void {
    const waiting = sample ?? []
    sample = undefined
    const chosen = chooseColumns(
      all,
      waiting.map((row) => row.cells),
      options.time,
      options.columns,
    )
    if (chosen.time !== null) {
      timeIndex = chosen.time
      times = createTimeColumn(all[timeIndex])
    }
    columns = chosen.values.map(({ index, certain }) => ({
      index,
      certain,
      name: all[index],
      values: createGrowing(),
    }))
    for (const row of waiting) addRow(row.cells, row.line)
  }

  function addRow(row: readonly string[], line: number): void {
    rows++
    if (rows * (columns.length + (times ? 1 : 0)) > maxCells) {
      throw new Error(`the table has more than ${maxCells} cells`)
    }
    times?.add(row[timeIndex], `row ${rows} (line ${line})`)
    let dropped = false
    for (const column of columns) {
      const value = numberOf(row[column.index])
      if (value !== undefined) {
        column.certain ||= !Number.isNaN(value)
        column.values.push(value)
      } else if (column.certain) {
        throw new Error(
          `row ${rows} (line ${line}), column ${quote(column.name)}: ${wrong(row[column.index])}`,
        )
      } else dropped = true
    }
    // A column that was empty up to here and turns out to hold text: shorter than the others by this row.
    if (dropped) columns = columns.filter((column) => column.values.length === rows)
  }

  function numberOf(cell: string): number | undefined {
    const value = readNumber(cell)
    if (mark === '.') return value
    if (value !== undefined) {
      if (!cell.includes('.')) return value
      if (mark === ',') return undefined
      mark = '.'
      return value
    }
    const withComma = readNumber(cell, true)
    if (withComma === undefined || (mark === '' && mayBeGrouped(cell))) return undefined
    mark = ','
    return withComma
  }

  /** Whether a comma may stand for thousands; in a file that has commas between cells as well it is likely. */
  function mayBeGrouped(cell: string): boolean {
    return cells.delimiter === ',' && GROUPED.test(cell)
  }

  function wrong(cell: string): string {
    if (readNumber(cell, true) === undefined) return `${quote(cell)} is no number`
    if (mark === '') return `${quote(cell)} may be a decimal number or a whole one with digits in groups`
    return `${quote(cell)} has another decimal mark than the numbers before, ${quote(mark)}`
  }

  return {
    push: cells.push,
    finish() {
      cells.end()
      if (!names) throw new Error('the table is empty: it has not even a row of names')
      if (rows === 0 && sample?.length === 0) throw new Error('the table has names of columns, but no rows')
      if (sample) choose(names)
      const certain = columns.filter((column) => column.certain)
      if (certain.length === 0) {
        throw new NoTableError(`no column holds numbers, the columns are ${listNames(names)}`)
      }
      const timeColumn = times ? names[timeIndex] : null
      const all = certain.map(({ name, values }) => ({ name, values: values.toArray() }))
      const { kept, notes } = options.columns
        ? { kept: all, notes: [] }
        : leaveOut(
            names.filter((name) => name !== timeColumn),
            all,
          )
      const order = times && orderRows(times.finish(), unsorted)
      const instants = order?.times ?? null
      const rowsKept = order?.rows
      return {
        rows: rowsKept?.length ?? rows,
        times: instants,
        period: instants && periodOf(instants),
        columns: rowsKept
          ? kept.map(({ name, values }) => ({
              name,
              values: Float64Array.from(rowsKept, (row) => values[row]),
            }))
          : kept,
        timeColumn,
        notes: [...notes, ...(order?.notes ?? [])],
      }
    },
  }
}
