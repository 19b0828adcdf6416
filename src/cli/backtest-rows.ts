import { defaultRows } from '../forecast/backtest/rows.ts'
import { listNames } from '../table/csv-columns.ts'
import type { Split } from './rows.ts'
import type { NotedTable } from './table-file.ts'

/** Steps ahead where nobody says: a day of hourly readings, less where a file is short. */
export const HORIZON = 24
/** Rows for each step ahead that a file needs, so that test rows hold several horizons. */
const ROWS_PER_STEP = 20

export const defaultHorizon = (rows: number): number =>
  Math.min(HORIZON, Math.max(1, Math.floor(rows / ROWS_PER_STEP)))

/**
 * Rows of a table for which nobody named any.
 * @throws Error when there are too few
 */
export function chooseRows(rows: number, horizon: number | undefined): Split {
  let needed = rows
  while (!isEnough(needed, horizon)) needed++
  if (needed === rows) return defaultRows(rows)
  const ahead = horizon === undefined ? '' : ` to forecast ${horizon} ahead`
  throw new Error(
    `the file has ${rows === 1 ? '1 row' : `${rows} rows`}; at least ${needed} are needed${ahead}`,
  )
}

function isEnough(rows: number, horizon: number = defaultHorizon(rows)): boolean {
  const { fit, test } = defaultRows(rows)
  return fit.to - fit.from >= horizon + 2 && test.to - test.from >= horizon
}

/** Leaves out columns that hold nothing to learn from in the fit rows, unless there are no others. */
export function withoutUnseen({ table, notes }: NotedTable, { fit }: Split): NotedTable {
  const unseen = table.columns.filter(({ values }) => values.subarray(fit.from, fit.to).every(Number.isNaN))
  if (unseen.length === 0 || unseen.length === table.columns.length) return { table, notes }
  const note = `left out for having no value in the rows to learn from: ${listNames(unseen.map(({ name }) => name))}`
  const columns = table.columns.filter((column) => !unseen.includes(column))
  return { table: { ...table, columns }, notes: [...notes, note] }
}
