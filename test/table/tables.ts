import type { Column, StreamColumn, Table } from '../../src/table/types.ts'

/** Columns as plain values, to compare. */
export function plain(columns: readonly Column[]): [name: string, values: number[]][] {
  return columns.map(({ name, values }) => [name, [...values]])
}

/** A table of one column, whose values are its rows. */
export function tableAt(times: readonly number[], period: number): Table {
  const columns = [{ name: 'a', values: Float64Array.from(times, (_, row) => row) }]
  return { rows: times.length, times: Float64Array.from(times), period, columns }
}

/** The column of a name. */
export function columnOf(columns: readonly StreamColumn[], name: string): StreamColumn {
  const column = columns.find((each) => each.name === name)
  if (!column) throw new Error(`there is no column ${name}`)
  return column
}
