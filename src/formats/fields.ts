import { quote } from '../quote.ts'

/**
 * The fields of an object that must have no others than those known.
 * @param what named in errors
 * @throws RangeError when it is no object, or has another field
 */
export function fieldsOf<K extends string>(
  what: string,
  value: unknown,
  known: readonly K[],
): Partial<Record<K, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RangeError(`${what} must be an object, got ${quote(value)}`)
  }
  const stray = Object.keys(value).find((key) => !(known as readonly string[]).includes(key))
  if (stray !== undefined) {
    throw new RangeError(`${what} has the unknown field ${quote(stray)}; known are ${known.join(', ')}`)
  }
  return value
}
