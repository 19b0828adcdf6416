import type { Reading, Skip } from './types.ts'

/** Beyond this, differences and squares of readings would overflow. */
const LARGEST = 1e30
/** Range of JavaScript's Date, less room for the grid. */
const LATEST = 8e15

/**
 * Checks a value and its time; never coerces, never throws.
 * @param value a finite number up to ±1e30
 * @param time ms since the epoch, a Date, or an ISO 8601 text with a zone; undefined: now
 */
export function readReading(value: unknown, time: unknown): Reading | Skip {
  if (typeof value !== 'number') return invalid(`value must be a number, got ${quote(value)}`)
  if (!Number.isFinite(value)) return invalid(`value must be finite, got ${value}`)
  if (Math.abs(value) > LARGEST) return invalid(`value must lie within ±${LARGEST}, got ${value}`)
  const at = readTime(time)
  if (!(Math.abs(at) <= LATEST)) {
    return invalid(`time must be ms since the epoch, a Date or an ISO text with a zone, got ${quote(time)}`)
  }
  return { value, time: at }
}

/** A skipped outcome that is worth an alarm. */
export function invalid(message: string): Skip {
  return { reason: 'invalid', message, error: new TypeError(message) }
}

function readTime(time: unknown): number {
  if (time === undefined || time === null) return Date.now()
  if (typeof time === 'number') return time
  if (time instanceof Date) return time.getTime()
  if (typeof time === 'string' && /(?:Z|[+-]\d\d:?\d\d)$/.test(time)) return Date.parse(time)
  return Number.NaN
}

/** Short and harmless in a log: the type, and the text where there is one. */
function quote(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)
    case 'number':
    case 'boolean':
    case 'bigint':
    case 'undefined':
      return String(value)
    default:
      if (value === null) return 'null'
      return Array.isArray(value) ? `an array of ${value.length}` : `a value of type ${typeof value}`
  }
}
