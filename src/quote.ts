import { types } from 'node:util'

/** Characters of a text as it is shown, escapes counted in full. */
const LONGEST = 60
/** Control characters that JSON leaves alone, those that turn the direction of text or hide it, and line breaks. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu
const ESCAPE = /\\u[0-9a-f]{4}|\\.|./gsu

/** Says in a few words what a value from outside is: text quoted, escaped and shortened, the rest by kind. */
export function quote(value: unknown): string {
  if (typeof value === 'string') return quoteText(value)
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (value === undefined || value === null) return String(value)
  if (typeof value !== 'object') return `a ${typeof value}`
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`
  if (types.isDate(value)) return 'a Date'
  const names = Object.keys(value)
  if (names.length === 0) return 'an object without fields'
  return `an object with ${names.slice(0, 8).map(quoteText).join(', ')}${names.length > 8 ? ', …' : ''}`
}

function quoteText(text: string): string {
  const parts = escaped(text.slice(0, LONGEST)).match(ESCAPE) ?? []
  let shown = ''
  for (const part of parts) {
    if (shown.length + part.length > LONGEST) return `"${shown}…"`
    shown += part
  }
  return text.length > LONGEST ? `"${shown}…"` : `"${shown}"`
}

function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1).replace(UNPRINTABLE, escapeCharacter)
}

/** A character as JSON may write it, in ASCII. */
export function escapeCharacter(character: string): string {
  const units = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i))
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
}
