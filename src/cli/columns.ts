import { printable, width } from './printable.ts'

const GAP = '  '
/** Columns of one cell; what is longer is shortened. */
const WIDEST = 72

/** Rows as lines, each column as wide as its widest cell. Cells may be text from outside. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const cells = rows.map((row) => row.map((cell) => shortened(printable(cell))))
  const widths: number[] = []
  for (const row of cells) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, width(cell))
  }
  return cells.map((row) =>
    row
      .map((cell, i) => cell + ' '.repeat(widths[i] - width(cell)))
      .join(GAP)
      .trimEnd(),
  )
}

function shortened(text: string): string {
  let taken = 0
  let result = ''
  for (const c of text) {
    taken += width(c)
    if (taken > WIDEST) return `${result}…`
    result += c
  }
  return result
}
