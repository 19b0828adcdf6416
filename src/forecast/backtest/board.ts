import type { Column, Rows } from '../../table/types.ts'
import { type Baseline, naive, seasonalNaive } from './baselines.ts'
import { fillColumn } from './columns.ts'
import type { Issued } from './frozen.ts'
import { coverColumn, poolCoverage, poolScores, scoreColumn } from './score.ts'
import { standardOf } from './standards.ts'
import type { BacktestReport } from './types.ts'

/** Scores of a backtest as its origins go by. */
export interface Board {
  add(issued: Issued): void
  read(): Pick<
    BacktestReport,
    'origins' | 'values' | 'gru' | 'naive' | 'seasonalNaive' | 'coverage' | 'ratios'
  >
}

/**
 * Opens a board; forecasts and the simple methods are scored on the same values.
 * @param fit rows that columns are standardised by
 * @param seen rows whose values the simple methods may know, as far as they come before an origin
 */
export function createBoard(
  columns: readonly Column[],
  fit: Rows,
  seen: Rows,
  horizon: number,
  season: number,
): Board {
  const seasonal = seasonalNaive(season)
  const mean = new Float64Array(horizon)
  const all = columns.map((column) => {
    const standard = standardOf(column, fit, season)
    const score = () => scoreColumn(column.values, horizon, standard)
    return {
      name: column.name,
      filled: fillColumn(column, seen).values,
      gru: score(),
      naive: score(),
      seasonal: score(),
      coverage: coverColumn(column.values, horizon),
    }
  })
  let origins = 0

  return {
    add({ origin, mean: forecast, lower, upper }) {
      origins++
      for (const [c, column] of all.entries()) {
        const simple = (method: Baseline, score: typeof column.naive): void => {
          method.forecast(column.filled, origin - seen.from, mean)
          score.add(origin, mean, 0)
        }
        column.gru.add(origin, forecast, c * horizon)
        column.coverage.add(origin, lower, upper, c * horizon)
        simple(naive, column.naive)
        simple(seasonal, column.seasonal)
      }
    },
    read: () => ({
      origins,
      values: all.reduce((total, { gru }) => total + gru.count, 0),
      gru: poolScores(all.map(({ gru }) => gru)),
      naive: poolScores(all.map((column) => column.naive)),
      seasonalNaive: poolScores(all.map(({ seasonal }) => seasonal)),
      coverage: poolCoverage(all.map(({ coverage }) => coverage)),
      ratios: all.map(({ name, gru, naive }) => ({
        name,
        mse: gru.squares / gru.count,
        naiveMse: naive.squares / naive.count,
      })),
    }),
  }
}
