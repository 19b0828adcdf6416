import { escapeCharacter } from '../quote.ts'

/** Control, format (which turn the direction of text or hide it), private and unassigned characters, odd spaces. */
const UNPRINTABLE = /[\p{C}\p{Z}]/gu
/** Characters as wide as two columns: CJK, and pictures. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u
const COMBINING = /\p{M}/u

/** Text from outside as it may stand on a terminal: one line, what does not print escaped as in JSON. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (c) => (c === ' ' ? c : escapeCharacter(c)))
}

/** Columns of a terminal that printable text takes. */
export function width(text: string): number {
  let columns = 0
  for (const c of text) columns += COMBINING.test(c) ? 0 : WIDE.test(c) ? 2 : 1
  return columns
}

/** The same JSON in characters that a terminal prints. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(UNPRINTABLE, (c) =>
    c === ' ' || c === '\n' ? c : escapeCharacter(c),
  )
}

/** As {@link printableJson}, in one line. */
export function jsonLine(value: unknown): string {
  return printable(JSON.stringify(value))
}
