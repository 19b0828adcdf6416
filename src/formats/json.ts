import { FormatError } from './error.ts'
import { MAX_DEPTH } from './limits.ts'

/** JSON with its objects as Maps, because their names come from outside. */
export type Json = null | boolean | number | string | readonly Json[] | ReadonlyMap<string, Json>

const SPACE = /[ \t\n\r]*/y
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const WORD = /true|false|null/y

/**
 * Parses JSON strictly: a name twice in one object is refused, where `JSON.parse` would take the last.
 * @param what named in errors, e.g. `the header`
 * @throws FormatError when it is not UTF-8 or not JSON, or nested deeper than 32 levels
 */
export function parseJson(bytes: Uint8Array, what: string): Json {
  const text = decode(bytes, what)
  let at = 0

  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    const found = pattern.exec(text)?.[0]
    at += found?.length ?? 0
    return found
  }
  const takeSign = (sign: string): boolean => {
    take(SPACE)
    if (text[at] !== sign) return false
    at += 1
    return true
  }
  const fail = (reason: string): FormatError =>
    new FormatError(`${what} is not valid JSON: ${reason} at position ${at}`)

  /** What escapes mean, and which characters need them, is left to JSON.parse. */
  const string = (): string => {
    take(SPACE)
    if (text[at] !== '"') throw fail('text expected')
    let end = at + 1
    while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1
    try {
      const result = JSON.parse(text.slice(at, end + 1))
      at = end + 1
      return result
    } catch {
      throw fail('impossible text')
    }
  }

  const object = (depth: number): ReadonlyMap<string, Json> => {
    const map = new Map<string, Json>()
    if (takeSign('}')) return map
    do {
      const name = string()
      if (map.has(name)) throw fail('a name that was there before')
      if (!takeSign(':')) throw fail('colon expected')
      map.set(name, value(depth))
    } while (takeSign(','))
    if (!takeSign('}')) throw fail('comma or } expected')
    return map
  }

  const array = (depth: number): readonly Json[] => {
    const list: Json[] = []
    if (takeSign(']')) return list
    do list.push(value(depth))
    while (takeSign(','))
    if (!takeSign(']')) throw fail('comma or ] expected')
    return list
  }

  const value = (depth: number): Json => {
    if (depth > MAX_DEPTH) throw fail(`more than ${MAX_DEPTH} levels`)
    if (takeSign('{')) return object(depth + 1)
    if (takeSign('[')) return array(depth + 1)
    if (text[at] === '"') return string()
    const word = take(WORD)
    if (word) return JSON.parse(word)
    const number = take(NUMBER)
    if (number === undefined) throw fail('value expected')
    return Number(number)
  }

  const result = value(1)
  take(SPACE)
  if (at < text.length) throw fail('end expected')
  return result
}

/** JSON as plain objects, which our own checks take from users too. */
export function plain(json: Json): unknown {
  if (json instanceof Map) return Object.fromEntries([...json].map(([name, value]) => [name, plain(value)]))
  return Array.isArray(json) ? json.map(plain) : json
}

function decode(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new FormatError(`${what} is not UTF-8 text`)
  }
}
