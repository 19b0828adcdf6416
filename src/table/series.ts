import { quote } from '../quote.ts'
import type { Column } from './types.ts'

/** The values of a column as a model learns from them. */
export interface Series {
  /** Without NaN. */
  readonly values: Float64Array
  /** 1 where the column has a value, 0 where it was filled in. */
  readonly observed: Uint8Array
}

/**
 * Fills what is missing in a column with the last value before it: nothing looks ahead, but for the rows before the first
 * value, which get that one.
 * @throws Error when the column has no value at all
 */
export function toSeries({ name, values }: Column): Series {
  const observed = Uint8Array.from(values, (value) => (Number.isNaN(value) ? 0 : 1))
  const first = observed.indexOf(1)
  if (first < 0) throw new Error(`column ${quote(name)} has no number`)
  const filled = values.slice()
  let last = values[first]
  for (let row = 0; row < filled.length; row++) {
    if (observed[row] === 1) last = filled[row]
    else filled[row] = last
  }
  return { values: filled, observed }
}
