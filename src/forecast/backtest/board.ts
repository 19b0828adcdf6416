import type { Column, Rows } from '../../table/types.ts'
import { type Baseline, naive, seasonalNaive } from './baselines.ts'
import { fillColumn } from './columns.ts'
import { coverColumn, poolCover } from './cover.ts'
import type { Issued } from './frozen.ts'
import { poolScores, poolSteps, scoreColumn } from './score.ts'
import { standardOf } from './standards.ts'
import type { BacktestReport, StepScore } from './types.ts'

/** Steps that are scored by themselves, as far as the horizon goes, and its last one. */
const STEPS = [1, 24]

/** Scores of a backtest as its origins go by. */
export interface Board {
  add(issued: Issued): void
  read(): Pick<
    BacktestReport,
    | 'origins'
    | 'values'
    | 'forecast'
    | 'naive'
    | 'seasonalNaive'
    | 'coverage'
    | 'winkler'
    | 'steps'
    | 'ratios'
  >
}

/**
 * Opens a board; forecasts and the simple methods are scored on the same values.
 * @param fit rows that columns are standardised by
 * @param seen rows whose values the simple methods may know, as far as they come before an origin
 * @param coverage share that intervals are meant to hold
 */
export function createBoard(
  columns: readonly Column[],
  fit: Rows,
  seen: Rows,
  horizon: number,
  season: number,
  coverage: number,
): Board {
  const seasonal = seasonalNaive(season)
  const mean = new Float64Array(horizon)
  const all = columns.map((column) => {
    const standard = standardOf(column, fit, season)
    const score = () => scoreColumn(column.values, horizon, standard)
    return {
      name: column.name,
      filled: fillColumn(column, seen).values,
      forecast: score(),
      naive: score(),
      seasonal: score(),
      cover: coverColumn(column.values, horizon, standard.deviation, coverage),
    }
  })
  const forecasts = all.map(({ forecast }) => forecast)
  const naives = all.map((column) => column.naive)
  const covers = all.map(({ cover }) => cover)
  let origins = 0

  const stepScore = (step: number): StepScore => ({
    step,
    mse: poolSteps(forecasts, step, step),
    naiveMse: poolSteps(naives, step, step),
    meanMse: poolSteps(forecasts, 1, step),
    ...poolCover(covers, step, step),
  })

  return {
    add({ origin, mean: forecast, lower, upper }) {
      origins++
      for (const [c, column] of all.entries()) {
        const simple = (method: Baseline, score: typeof column.naive): void => {
          method.forecast(column.filled, origin - seen.from, mean)
          score.add(origin, mean, 0)
        }
        column.forecast.add(origin, forecast, c * horizon)
        column.cover.add(origin, lower, upper, c * horizon)
        simple(naive, column.naive)
        simple(seasonal, column.seasonal)
      }
    },
    read: () => ({
      origins,
      values: forecasts.reduce((total, { count }) => total + count, 0),
      forecast: poolScores(forecasts),
      naive: poolScores(naives),
      seasonalNaive: poolScores(all.map(({ seasonal }) => seasonal)),
      ...poolCover(covers, 1, horizon),
      steps: [...STEPS.filter((step) => step < horizon), horizon].map(stepScore),
      ratios: all.map(({ name, forecast, naive }) => ({
        name,
        mse: forecast.squares / forecast.count,
        naiveMse: naive.squares / naive.count,
      })),
    }),
  }
}
