import { quote } from '../quote.ts'

/** @throws RangeError naming what is no quality of service */
export function checkQos(qos: unknown): asserts qos is 0 | 1 | 2 {
  if (qos !== 0 && qos !== 1 && qos !== 2) throw new RangeError(`qos must be 0, 1 or 2, got ${quote(qos)}`)
}

/** Checks that options are functions where they are given. @throws TypeError naming one that is not */
export function checkFunctions<T>(options: T, ...names: (keyof T & string)[]): void {
  for (const name of names) {
    const option: unknown = options[name]
    if (option !== undefined && typeof option !== 'function') {
      throw new TypeError(`${name} must be a function, got ${quote(option)}`)
    }
  }
}
