import { types } from 'node:util'

/** RFC 3339 with its zone; a date alone or a local time names no instant. */
const INSTANT = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?) ?(?:[Zz]|([+-]\d\d):?(\d\d))$/
const DIGITS = /^\d{9,14}(\.\d{1,9})?$/

/**
 * Reads an instant from outside as milliseconds since the epoch; `undefined` when it names none.
 *
 * Numbers count by magnitude: from 1e8 below 1e11 they are seconds (1973 to 5138), from 1e11 below 1e14
 * milliseconds (again 1973 to 5138). Smaller ones are clocks that were never set or count from boot, larger
 * ones micro- or nanoseconds: neither is guessed at. A `Date` is its own instant. Text is such a number or an ISO 8601 instant **with** a
 * zone; a zoneless one (Tasmota's `Time`) is local to a device whose zone nobody knows.
 */
export function toTime(value: unknown): number | undefined {
  if (typeof value === 'number') return fromEpoch(value)
  // Not instanceof: a function node's Date comes from another realm.
  if (types.isDate(value)) return Number.isNaN(value.getTime()) ? undefined : value.getTime()
  if (typeof value !== 'string' || value.length > 40) return undefined
  if (DIGITS.test(value)) return fromEpoch(Number(value))
  const match = INSTANT.exec(value)
  if (!match) return undefined
  const [, date, clock, hours, minutes] = match
  const time = Date.parse(`${date}T${clock}${hours ? `${hours}:${minutes}` : 'Z'}`)
  return Number.isNaN(time) ? undefined : time
}

function fromEpoch(value: number): number | undefined {
  if (value >= 1e11 && value < 1e14) return value
  if (value >= 1e8 && value < 1e11) return value * 1000
  return undefined
}
