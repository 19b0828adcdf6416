import { types } from 'node:util'

const LONGEST = 60
/** Control characters that JSON leaves alone, and those that turn the direction of text. */
const UNPRINTABLE = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

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
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
  const escaped = (c: string): string => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(short).replace(UNPRINTABLE, escaped)
}
