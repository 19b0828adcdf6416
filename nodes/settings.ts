import { quote } from '../src/quote.ts'

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i
const MS = { ms: 1, s: 1000, min: 60_000, h: 3_600_000 }

/**
 * The number in a field of the editor, or `undefined` for a blank one. Whether it is in range is for those
 * to say who use it.
 *
 * @throws RangeError naming the field and its value
 */
export function readNumber(name: string, field: unknown): number | undefined {
  if (field === undefined || field === null || field === '') return undefined
  if (typeof field === 'number') return field
  if (typeof field === 'string' && DECIMAL.test(field.trim())) return Number(field)
  throw new RangeError(`${name} must be a number, got ${quote(field)}`)
}

/** A length of time in milliseconds. @throws RangeError naming the field and its value */
export function readDuration(name: string, field: unknown, unit: unknown = 's'): number | undefined {
  const length = readNumber(name, field)
  if (length === undefined) return undefined
  if (typeof unit !== 'string' || !Object.hasOwn(MS, unit)) {
    throw new RangeError(`${name} must be in ms, s, min or h, got ${quote(unit)}`)
  }
  return length * MS[unit as keyof typeof MS]
}
