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

/** A whole number in a range. @throws RangeError naming the field and its value */
export function readWhole(name: string, field: unknown, max: number, min = 1): number | undefined {
  const number = readNumber(name, field)
  if (number === undefined || (Number.isInteger(number) && number >= min && number <= max)) return number
  throw new RangeError(`${name} must be a whole number from ${min} to ${max}, got ${number}`)
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

/** One share or, with commas between them, several. @throws RangeError naming what is no number */
export function readCoverage(field: unknown): number | readonly number[] | undefined {
  if (typeof field !== 'string' || !field.includes(',')) return readNumber('coverage', field)
  return field.split(',').map((part) => {
    const share = readNumber('coverage', part.trim())
    if (share === undefined)
      throw new RangeError(`coverage must be numbers with commas between, got ${quote(field)}`)
    return share
  })
}
