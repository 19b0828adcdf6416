import { createRandom } from '../../../src/engine/random.ts'
import type { Column, Table } from '../../../src/table/types.ts'

/** Rows of a day. */
export const DAY = 12

/** Days with noise, drift and a level of their own. */
export function days(rows: number, columns = 2, seed = 1): Table {
  const random = createRandom(seed)
  const made = Array.from({ length: columns }, (_, c): Column => {
    const values = Float64Array.from(
      { length: rows },
      (_, t) =>
        20 * c + 3 * Math.sin((2 * Math.PI * (t + c)) / DAY) + 0.002 * t + random.normal(0, 0.3 + 0.1 * c),
    )
    return { name: `c${c}`, values }
  })
  return { rows, times: null, period: null, columns: made }
}

/** The table with other values from row `from` on, and gaps among them. */
export function changedFrom(table: Table, from: number): Table {
  const random = createRandom(99)
  const columns = table.columns.map(({ name, values }) => ({
    name,
    values: values.map((v, t) => (t < from ? v : t % 5 === 0 ? Number.NaN : v + random.normal(0, 50))),
  }))
  return { ...table, columns }
}

/** The table without these cells. */
export function without(table: Table, gone: (row: number, column: number) => boolean): Table {
  const columns = table.columns.map(({ name, values }, c) => ({
    name,
    values: values.map((v, t) => (gone(t, c) ? Number.NaN : v)),
  }))
  return { ...table, columns }
}
