import { writeFile } from 'node:fs/promises'

const HOUR = 3_600_000
const START = Date.UTC(2026, 0, 1)

/** How a table is to be made. */
export interface TableShape {
  readonly rows: number
  /** Any names; they are quoted. */
  readonly names: readonly string[]
  /** @default a column `time` of whole hours */
  readonly time?: (row: number) => string
}

/** Writes a CSV file of daily patterns, each column with one of its own, and a ripple that no period repeats. */
export async function writeTable(path: string, { rows, names, time = hourly }: TableShape): Promise<void> {
  const lines = [['time', ...names].map((name) => `"${name.replaceAll('"', '""')}"`).join(',')]
  for (let row = 0; row < rows; row++) {
    lines.push([time(row), ...names.map((_, c) => valueAt(row, c).toFixed(4))].join(','))
  }
  await writeFile(path, `${lines.join('\n')}\n`)
}

export const hourly = (row: number): string => new Date(START + row * HOUR).toISOString()

/** What column `c` holds in a row. */
export function valueAt(row: number, c: number): number {
  return (
    10 * (c + 1) + (c + 2) * Math.sin((2 * Math.PI * (row + 3 * c)) / 24) + 0.3 * Math.sin(row * (1.7 + c))
  )
}
