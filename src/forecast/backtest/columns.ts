import { quote } from '../../quote.ts'
import type { Column, Rows } from '../../table/types.ts'

/** Beyond it a live stream takes no readings either: squares and float32 would overflow. */
const LARGEST = 1e30

/** A column without gaps, as the net sees it. */
export interface FilledColumn {
  readonly name: string
  /** Every row's value; where there is none the last one stands in, and before the first value that one. */
  readonly values: Float64Array
  /** 1 where the row had a value. */
  readonly observed: Uint8Array
}

/** Fills the gaps of some rows of a column. Index 0 is row `from`; nothing after `to` is read. */
export function fillColumn({ name, values }: Column, { from, to }: Rows): FilledColumn {
  const filled = values.slice(from, to)
  const observed = new Uint8Array(filled.length)
  let last = filled.find((v) => !Number.isNaN(v)) ?? 0
  for (const [r, value] of filled.entries()) {
    if (Number.isNaN(value)) filled[r] = last
    else {
      last = value
      observed[r] = 1
    }
  }
  return { name, values: filled, observed }
}

/** @throws RangeError when names repeat, or a value is too large; TypeError when there are no columns */
export function checkColumns(columns: readonly Column[]): void {
  if (columns.length === 0) throw new TypeError('there are no columns')
  const names = new Set<string>()
  for (const { name, values } of columns) {
    if (names.has(name)) throw new RangeError(`two columns are named ${quote(name)}`)
    names.add(name)
    const bad = values.findIndex((v) => Math.abs(v) > LARGEST)
    if (bad >= 0) {
      throw new RangeError(
        `values must lie within ±${LARGEST}: column ${quote(name)} has ${values[bad]} in row ${bad + 1}, counted from 1`,
      )
    }
  }
}

/** @throws RangeError naming the first column without a value in these rows */
export function checkSeen(columns: readonly Column[], { from, to }: Rows, what: string): void {
  for (const { name, values } of columns) {
    if (values.subarray(from, to).every(Number.isNaN)) {
      throw new RangeError(`column ${quote(name)} has no value in ${what}, ${from}:${to}`)
    }
  }
}
