import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readNpy } from './npy.mjs'

const COMMAND_LINE = fileURLToPath(new URL('../../dist/src/cli/gruflow.js', import.meta.url))

/**
 * Runs `gruflow backtest` on one thread, as a user does, and reads the files that it writes.
 * @param path of a CSV file
 * @param given { time, columns, horizon, rows: { fit, validate, test }, mode, seed }
 * @returns { mean, lower, upper, origins, meta, seconds }; arrays as `readNpy` gives them
 * @throws Error when the command fails
 */
export function backtest(path, { time, columns, horizon, rows, mode, seed }) {
  const folder = mkdtempSync(join(tmpdir(), 'gruflow-quality-'))
  const given = {
    ...(time ? { time } : {}),
    columns: columns.join(),
    horizon,
    fit: rows.fit.join(':'),
    validate: rows.validate.join(':'),
    test: rows.test.join(':'),
    mode,
    threads: 1,
    seed,
    out: folder,
  }
  const args = Object.entries(given).flatMap(([name, value]) => [`--${name}`, `${value}`])
  try {
    const begun = performance.now()
    const { status, error } = spawnSync(process.execPath, [COMMAND_LINE, 'backtest', path, ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const seconds = (performance.now() - begun) / 1000
    if (error) throw error
    if (status !== 0) throw new Error(`the backtest of ${path} in the mode ${mode}, seed ${seed}, failed`)
    const [mean, lower, upper, origins] = ['mean', 'lower', 'upper', 'origins'].map((name) =>
      readNpy(join(folder, `${name}.npy`)),
    )
    const meta = JSON.parse(readFileSync(join(folder, 'meta.json'), 'utf8'))
    return { mean, lower, upper, origins, meta, seconds }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
