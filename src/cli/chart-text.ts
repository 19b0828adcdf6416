import { printable } from './printable.ts'

/** Characters of a name; what is longer is shortened. */
const LONGEST = 80

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/**
 * Any text as it may stand in an element or attribute: what XML forbids or what would turn the direction of text is
 * escaped as in JSON, what is markup as entities, and what is long is shortened.
 */
export function escapeXml(text: string): string {
  const characters = [...text]
  const shown = characters.length > LONGEST ? `${characters.slice(0, LONGEST).join('')}…` : text
  return printable(shown).replace(/[&<>"']/g, (c) => ENTITIES[c])
}
