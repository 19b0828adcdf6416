/** What programs write where there is no value. */
const MISSING = new Set([
  ...['', 'nan', 'na', 'n/a', '#n/a', 'null', 'none', '?', '-', 'unknown', 'unavailable'],
  // A sensor out of its range: there is nothing to calculate with.
  ...['', '+', '-'].flatMap((sign) => [`${sign}inf`, `${sign}infinity`]),
])
const LONGEST_WORD = 'unavailable'.length
const WITH_POINT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const WITH_COMMA = /^[+-]?(?:\d+,\d*|,\d+)(?:[eE][+-]?\d+)?$/

/**
 * Reads a number as people and programs write it, white space around it left out.
 *
 * @param commas whether the decimal mark may be a comma
 * @returns the number; NaN where the text says that there is none (nothing, `NaN`, `NA`, `N/A`, `null`, `none`,
 * `unknown`, `unavailable`, `?`, `-`, an infinity, in any case); `undefined` where it is neither. Hexadecimal numbers and
 * grouped digits are no numbers.
 */
export function readNumber(text: string, commas: boolean = false): number | undefined {
  const value = Number(text)
  // Number() also takes white space, which is 0, and 0x10; in digits first and a digit, point or sign next there is neither.
  if (Number.isFinite(value) && text.charCodeAt(0) >= 43 && !(text.charCodeAt(1) > 57)) return value
  const trimmed = text.trim()
  // A cell of a megabyte needs no lower-case copy.
  if (trimmed.length <= LONGEST_WORD && MISSING.has(trimmed.toLowerCase())) return Number.NaN
  if (Number.isFinite(value)) return WITH_POINT.test(trimmed) ? value : undefined
  if (!commas || !WITH_COMMA.test(trimmed)) return undefined
  const read = Number(trimmed.replace(',', '.'))
  return Number.isFinite(read) ? read : undefined
}
