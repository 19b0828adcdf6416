import { columns } from './columns.ts'
import { printable } from './printable.ts'

/** Rows of a table; the rest is counted. */
const ROWS = 100

export interface Captions {
  readonly title?: string
  readonly header?: readonly string[]
}

/** A table below its title, or nothing when it is empty. */
export function section(rows: readonly (readonly string[])[], { title, header }: Captions): string[] {
  if (rows.length === 0) return []
  const shown = columns([...(header ? [header] : []), ...rows.slice(0, ROWS)])
  const more = rows.length - ROWS
  return ['', ...(title ? [title] : []), ...indented(shown), ...(more > 0 ? [`  … and ${more} more`] : [])]
}

/** Sentences below their title, or nothing when there are none. */
export function list(title: string, sentences: readonly string[]): string[] {
  return sentences.length === 0 ? [] : ['', title, ...indented(sentences.map(printable))]
}

const indented = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`)
