import type { MethodScore } from '../forecast/backtest/types.ts'
import { columns } from './columns.ts'

/** A row of a table of scores. */
export interface ScoredMethod {
  readonly name: string
  readonly score: MethodScore
  /** Share of values inside its interval; undefined: it has none. */
  readonly coverage?: number
}

const DIGITS = 4

/** Errors on standardised columns, a line for each method below a header; the column of coverage where one has it. */
export function scoreTable(methods: readonly ScoredMethod[]): string[] {
  const covered = methods.some(({ coverage }) => coverage !== undefined)
  const rows = methods.map(({ name, score, coverage }) => [
    name,
    shownNumber(score.mse),
    shownNumber(score.mae),
    shownNumber(score.mase),
    ...(covered ? [coverage === undefined ? '' : percent(coverage)] : []),
  ])
  return columns([['', 'MSE', 'MAE', 'MASE', ...(covered ? ['coverage'] : [])], ...rows])
}

/** A figure to compare; a dash where there is none. */
export function shownNumber(value: number): string {
  return Number.isFinite(value) ? value.toPrecision(DIGITS) : '–'
}

/** A share to a tenth of a percent. */
export function percent(share: number): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(1)} %` : '–'
}
