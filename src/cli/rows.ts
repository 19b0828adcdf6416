import type { BacktestOptions } from '../forecast/backtest/types.ts'
import type { Rows } from '../table/types.ts'
import { UsageError } from './command.ts'

/** Which rows of a file teach, which choose and which test. */
export type Split = Pick<BacktestOptions, 'fit' | 'validate' | 'test'>

/**
 * The three options together, or none of them.
 * @throws UsageError naming what is no range, and what is missing
 */
export function splitOptions(values: { fit?: string; validate?: string; test?: string }): Split | undefined {
  const given = (['fit', 'validate', 'test'] as const).map((name) => [name, values[name]] as const)
  const missing = given.filter(([, text]) => text === undefined)
  if (missing.length === given.length) return undefined
  if (missing.length > 0) {
    throw new UsageError(`--fit, --validate and --test belong together: --${missing[0][0]} is missing`)
  }
  const [fit, validate, test] = given.map(([name, text]) => rowsOption(name, text as string))
  return { fit, validate, test }
}

function rowsOption(name: string, text: string): Rows {
  const [, from, to] = /^(\d{1,15}):(\d{1,15})$/.exec(text) ?? []
  const rows = { from: Number(from), to: Number(to) }
  if (!(rows.from < rows.to)) {
    throw new UsageError(
      `--${name} must be two rows, the first and the one after the last, e.g. 0:8640, got '${text}'`,
    )
  }
  return rows
}
