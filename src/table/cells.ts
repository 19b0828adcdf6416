import Papa from 'papaparse'
import { quote } from '../quote.ts'

/** Characters that are parsed at a time. */
const PIECE = 2 ** 16
/** Characters of the longest row. */
const LONGEST_ROW = 2 ** 20
/** Rows that tell what stands between cells. */
const DETECTING_ROWS = 10
/** What may stand between cells; the first of two that do equally well. */
const DELIMITERS = [',', ';', '\t', '|']

export interface CellOptions {
  /** What stands between cells. `undefined`: detected. */
  readonly delimiter: string | undefined
  /** Most characters in all. */
  readonly maxCharacters: number
  /** Takes a row that is not blank, and the line that it begins in, counted from 1. */
  readonly onRow: (cells: string[], line: number) => void
}

export interface CellReader {
  /** What stands between cells; known once a row has been handed out. */
  readonly delimiter: string
  push(text: string): void
  /** The text is complete. */
  end(): void
}

interface Parsed {
  readonly data: string[][]
  readonly errors: readonly { readonly code: string; readonly row: number }[]
  readonly meta: { readonly cursor: number }
}

/**
 * Takes CSV (RFC 4180) as it comes and hands out rows of cells, blank lines left out.
 * @throws Error, from `push` and `end`, for misplaced quotation marks and for text or rows that are too long
 */
export function createCellReader({ delimiter: given, maxCharacters, onRow }: CellOptions): CellReader {
  let delimiter = given ?? ','
  let newline: '\n' | '\r' = '\n'
  let begun = false
  let rest = ''
  let line = 1
  let characters = 0

  function begin(last: boolean): void {
    begun = true
    if (rest.startsWith('\uFEFF')) rest = rest.slice(1)
    newline = detectNewline(rest)
    delimiter = given ?? detectDelimiter(rest, newline, last)
  }

  function parse(last: boolean): void {
    const { data, errors, meta } = parseText(rest, delimiter, newline, last)
    const broken = brokenQuotes(data.length, errors, last)
    const quoted = rest.includes('"')
    rest = rest.slice(meta.cursor)
    for (const [i, cells] of data.entries()) {
      if (i === broken) break
      const start = line
      line += 1 + (quoted ? newlinesIn(cells, newline) : 0)
      const end = cells.length - 1
      // A line break of two characters leaves one.
      if (cells[end].endsWith('\r')) cells[end] = cells[end].slice(0, -1)
      if (end > 0 || cells[0].trim() !== '') onRow(cells, start)
    }
    if (broken !== undefined) {
      throw new Error(
        `a quotation mark in the row that begins in line ${line} is never closed or stands within a cell`,
      )
    }
    if (rest.length > LONGEST_ROW) {
      throw new Error(`the row that begins in line ${line} has more than ${LONGEST_ROW} characters`)
    }
  }

  return {
    get delimiter() {
      return delimiter
    },
    push(text) {
      characters += text.length
      if (characters > maxCharacters) throw new Error(`the text has more than ${maxCharacters} characters`)
      for (let i = 0; i < text.length; i += PIECE) {
        rest += text.slice(i, i + PIECE)
        if (!begun && rest.length >= PIECE) begin(false)
        if (begun) parse(false)
      }
    },
    end() {
      if (!begun) begin(true)
      parse(true)
    },
  }
}

/** @throws TypeError when it is not one character that can stand between cells */
export function checkDelimiter(delimiter: string): void {
  if (typeof delimiter !== 'string' || delimiter.length !== 1 || /["\r\n\uFEFF]/.test(delimiter)) {
    throw new TypeError(
      `delimiter must be one character, no quotation mark and no line break, got ${quote(delimiter)}`,
    )
  }
}

/** Rows of a text, the one at its end only if it is the last. The parser itself, because it says how far they go. */
function parseText(text: string, delimiter: string, newline: '\n' | '\r', last: boolean): Parsed {
  return new Papa.Parser({ delimiter, newline }).parse(text, 0, !last)
}

/** The first row in which quotation marks are misplaced. */
function brokenQuotes(rows: number, errors: Parsed['errors'], last: boolean): number | undefined {
  const [first, second] = errors
  if (!first) return undefined
  // What follows the newest quotation mark of an unfinished row may not have come yet, so that one proves nothing.
  return last || first.row < rows || second ? first.row : undefined
}

function newlinesIn(cells: readonly string[], newline: string): number {
  let count = 0
  for (const cell of cells) {
    for (let i = cell.indexOf(newline); i >= 0; i = cell.indexOf(newline, i + 1)) count++
  }
  return count
}

/** Lines end in \n, with or without \r before it, or in \r alone; the first end of a line outside quotes tells. */
function detectNewline(text: string): '\n' | '\r' {
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '"') quoted = !quoted
    else if (!quoted && text[i] === '\n') return '\n'
    else if (!quoted && text[i] === '\r') return text[i + 1] === '\n' ? '\n' : '\r'
  }
  return '\n'
}

/** The one with which the first rows have equally many cells, and most; else the one with most in the first row. */
function detectDelimiter(text: string, newline: '\n' | '\r', last: boolean): string {
  let best = DELIMITERS[0]
  let bestScore = 1
  for (const delimiter of DELIMITERS) {
    const rows = parseText(text, delimiter, newline, last)
      .data.filter((cells) => cells.length > 1 || cells[0].trim() !== '')
      .slice(0, DETECTING_ROWS)
    if (rows.length === 0) continue
    const cells = rows[0].length
    const regular = rows.every((row) => row.length === cells)
    const score = regular && cells > 1 ? cells + LONGEST_ROW : cells
    if (score > bestScore) {
      best = delimiter
      bestScore = score
    }
  }
  return best
}
