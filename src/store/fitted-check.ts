import { quote } from '../quote.ts'

// What a fitted forecaster's numbers and texts may be, whether they come from a caller or from a file.

/** @throws RangeError unless it is a whole number of the range */
export function whole(name: string, value: unknown, min: number, max: number): number {
  // A −0, which JSON can say, becomes 0.
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value + 0
  throw new RangeError(`${name} must be a whole number from ${min} to ${max}, got ${quote(value)}`)
}

/** @throws RangeError unless it is finite and above 0 */
export function positive(name: string, value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value
  throw new RangeError(`${name} must be a finite number above 0, got ${quote(value)}`)
}

/** @throws RangeError unless it is a text of at most `longest` characters */
export function text(name: string, value: unknown, longest: number): string {
  if (typeof value === 'string' && value.length <= longest) return value
  throw new RangeError(`${name} must be a text of at most ${longest} characters, got ${quote(value)}`)
}
