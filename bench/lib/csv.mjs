import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Writes columns as a CSV file without times, lets `use` have its path, and removes it. */
export function withTable(names, columns, use) {
  const folder = mkdtempSync(join(tmpdir(), 'gruflow-table-'))
  const path = join(folder, 'table.csv')
  try {
    const lines = Array.from(columns[0], (_, row) => columns.map((values) => values[row]).join())
    writeFileSync(path, `${[names.join(), ...lines].join('\n')}\n`)
    return use(path)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
