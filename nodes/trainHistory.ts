import { setImmediate as turn } from 'node:timers/promises'
import { quote } from '../src/quote.ts'
import { readCsvFile } from '../src/table/csv.ts'
import { createCsvReader } from '../src/table/csv-reader.ts'
import { onGrid } from '../src/table/grid.ts'
import { NoTableError } from '../src/table/no-table.ts'
import { collectRows, type RowCollector } from '../src/table/rows.ts'
import { isList, isPair, readRow } from '../src/table/shape.ts'
import type { Column, CsvOptions, CsvTable } from '../src/table/types.ts'
import { findHistory, type HistoryFolders } from './trainFile.ts'

/** Most rows that come in messages, for one history. */
const MAX_ROWS = 2_000_000
/** Of CSV: 80 MB of numbers, in the order of their times. */
const LIMITS: CsvOptions = { maxCells: 10_000_000, maxCharacters: 2 ** 30, unsorted: 'sort' }
/** Characters that are parsed in one turn of the event loop. */
const PIECE = 2 ** 16
/** Rows that are. */
const ROWS = 1000

/** What a model learns from. */
export interface History {
  readonly columns: readonly Column[]
  /** Milliseconds from row to row; null where rows have no times, or columns have different ones. */
  readonly period: number | null
  /** What was left out or filled in, a sentence each. */
  readonly notes: readonly string[]
}

/**
 * Reads CSV text that is cut anywhere; other nodes have their turns meanwhile.
 * @throws Error naming row, column and value, or what is too much
 */
export async function readText(pieces: readonly string[], signal?: AbortSignal): Promise<History> {
  const reader = createCsvReader(LIMITS)
  let text = ''
  for (const piece of pieces) {
    text += piece
    while (text.length >= PIECE) {
      reader.push(text.slice(0, PIECE))
      text = text.slice(PIECE)
      await turn()
      signal?.throwIfAborted()
    }
  }
  reader.push(text)
  return historyOfTable(reader.finish())
}

/**
 * Reads the CSV file of this name.
 * @throws Error naming the file, as {@link readText} and {@link findHistory}; of a file that is no table it quotes nothing,
 * because that may be any text file with secrets in it
 */
export async function readFile(
  name: unknown,
  folders: HistoryFolders,
  signal?: AbortSignal,
): Promise<History> {
  const path = await findHistory(name, folders)
  try {
    // By the name that was given, not by where that leads.
    return historyOfTable(await readCsvFile(path, { ...LIMITS, name: String(name), signal }))
  } catch (error) {
    if (!((error as Error).cause instanceof NoTableError)) throw error
    throw new Error(
      `${quote(name)} cannot be read: it is no table with names of columns in the first row and numbers below`,
    )
  }
}

/** Collects rows of one history. */
export const openRows = (): RowCollector => collectRows({ maxRows: MAX_ROWS })

/**
 * Adds rows of a table: those of several values are called by their columns alone, whatever the message that brings them
 * is about, a query for instance.
 * @param topic stream of the rows of one value that do not name theirs
 * @throws RangeError when there are too many
 */
export function addTable(rows: RowCollector, payload: unknown, topic: string): void {
  rows.add(payload, keyOfTable(payload, topic))
}

/** Reads a table as {@link addTable}, from one message; other nodes have their turns meanwhile. */
export async function readTable(payload: unknown, topic: string, signal?: AbortSignal): Promise<History> {
  const rows = openRows()
  const key = keyOfTable(payload, topic)
  if (!isList(payload)) rows.add(payload, key)
  else {
    for (let i = 0; i < payload.length; i++) {
      rows.add(payload[i], key)
      if (i % ROWS !== 0) continue
      await turn()
      signal?.throwIfAborted()
    }
  }
  return historyOfRows(rows)
}

function keyOfTable(payload: unknown, topic: string): string {
  const first = readRow(isList(payload) && !isPair(payload) ? payload[0] : payload)
  return typeof first === 'object' && first.kind === 'long' ? topic : ''
}

/** @throws Error when no row holds a number */
export function historyOfRows(rows: RowCollector): History {
  const history = rows.finish()
  if (history.columns.length > 0) return history
  throw new Error(`the history has no numbers: ${history.notes[0] ?? 'it has no rows'}`)
}

function historyOfTable(read: CsvTable): History {
  const { table, notes } = onGrid(read)
  return { columns: table.columns, period: table.period, notes: [...read.notes, ...notes] }
}
