import { readCsvFile } from '../table/csv.ts'
import { onGrid } from '../table/grid.ts'
import type { Table } from '../table/types.ts'

/** Which columns of a file are read; found where not said. */
export interface TableChoices {
  readonly time: string | undefined
  readonly columns: readonly string[] | undefined
}

/** A table, and sentences on what was done to get it. */
export interface NotedTable {
  readonly table: Table
  readonly notes: readonly string[]
}

/** The rows put on a regular grid: one row, one period. @throws Error naming the file, when it cannot be read */
export async function readGrid(file: string, choices: TableChoices): Promise<NotedTable> {
  return onGrid(await readCsvFile(file, choices))
}

/**
 * The rows as they stand in the file. When their times cannot be used (at a change to winter time they repeat) but the
 * columns are named, the rows count without them.
 * @throws Error naming the file, when it cannot be read
 */
export async function readRows(file: string, choices: TableChoices): Promise<NotedTable> {
  const { columns } = choices
  try {
    return { table: await readCsvFile(file, choices), notes: [] }
  } catch (error) {
    if (columns === undefined) throw error
    const table = await readCsvFile(file, { columns, time: null }).catch(() => {
      throw error
    })
    return { table, notes: [`rows count without their times: ${(error as Error).message}`] }
  }
}
