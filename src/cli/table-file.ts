import { quote } from '../quote.ts'
import { readCsvFile } from '../table/csv.ts'
import { onGrid } from '../table/grid.ts'
import type { CsvTable, Table } from '../table/types.ts'

/** Which columns of a file are read; found where not said. */
export interface TableChoices {
  readonly time: string | undefined
  readonly columns: readonly string[] | undefined
}

/** A table, and sentences on what was read of the file, and how. */
export interface NotedTable {
  readonly table: Table
  readonly notes: readonly string[]
}

/** Units that periods are shown in: milliseconds of each. */
const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const

/**
 * The rows in the order of their times, put on a regular grid: one row, one period.
 * @throws Error naming the file, when it cannot be read
 */
export async function readGrid(file: string, choices: TableChoices): Promise<NotedTable> {
  const read = await readCsvFile(file, { ...choices, unsorted: 'sort' })
  const { table, notes } = onGrid(read)
  return { table, notes: [...timesOf(read), ...read.notes, ...notes] }
}

/**
 * The rows as they stand in the file. When their times do not rise (at a change to winter time they repeat), the rows
 * count without them.
 * @throws Error naming the file, when it cannot be read
 */
export async function readRows(file: string, choices: TableChoices): Promise<NotedTable> {
  const read = await readCsvFile(file, { ...choices, unsorted: 'ignore' })
  return { table: read, notes: [...timesOf(read), ...read.notes] }
}

/** What the rows have of times, unless a note says it. */
function timesOf({ times, period, timeColumn }: CsvTable): string[] {
  if (timeColumn === null) return ['no column of times: rows count as equally far apart']
  if (times === null) return []
  const apart = period === null ? '' : `, ${showPeriod(period)} apart`
  return [`times: column ${quote(timeColumn)}${apart}`]
}

function showPeriod(period: number): string {
  const [unit, size] = UNITS.find(([, milliseconds]) => period >= milliseconds) ?? ['ms', 1]
  return `${Number((period / size).toPrecision(4))} ${unit}`
}
