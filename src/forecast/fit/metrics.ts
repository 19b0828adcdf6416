import type { SegmentModel } from '../../learn/segment/types.ts'
import type { Column } from '../../table/types.ts'
import { type Baseline, naive, seasonalNaive } from '../backtest/baselines.ts'
import { type FilledColumn, fillColumn } from '../backtest/columns.ts'
import type { Pace } from '../backtest/pace.ts'
import { fitRidge } from '../backtest/ridge.ts'
import { originsOf, strideOf } from '../backtest/rows.ts'
import { type ColumnScore, poolScores, scoreColumn } from '../backtest/score.ts'
import { standardOf } from '../backtest/standards.ts'
import { walk } from '../backtest/walk.ts'
import { sentenceOf } from './sentence.ts'
import { HELD_BACK, type Split } from './split.ts'
import type { FitMetrics } from './types.ts'

/** Values that are forecast at most: of more rows not every one is an origin. */
const MOST_VALUES = 2e7

/** A column with rows that are held back. */
export interface Measured {
  readonly column: Column
  readonly split: Split
}

/** Scores of all methods on one column. */
interface Scores {
  readonly gru: ColumnScore
  readonly naive: ColumnScore
  readonly seasonalNaive: ColumnScore
  readonly ridge: ColumnScore
}

/**
 * Measures a model, and simple methods, on the newest rows of columns, which it has not seen. Errors are standardised
 * by the rows before them, which ridge learns from.
 */
export async function measure(
  model: SegmentModel,
  measured: readonly Measured[],
  pace: Pace,
): Promise<FitMetrics> {
  const { horizon } = model.spec
  const values = measured.reduce((sum, { split }) => sum + (split.rows - split.judged) * horizon, 0)
  const scores: Scores[] = []
  for (const group of equallyLong(measured)) scores.push(...(await scoreGroup(model, group, values, pace)))
  const pooled = (name: keyof Scores) => poolScores(scores.map((one) => one[name]))
  const methods = {
    gru: pooled('gru'),
    naive: pooled('naive'),
    seasonalNaive: pooled('seasonalNaive'),
    ridge: pooled('ridge'),
  }
  const { gru } = methods
  return {
    rows: Math.max(...measured.map(({ split }) => split.rows - split.judged)),
    horizon,
    ...methods,
    skill: gru.mae === methods.naive.mae ? 0 : 1 - gru.mae / methods.naive.mae,
    sentence: sentenceOf(methods, HELD_BACK),
  }
}

/** Columns of one length can be stepped together. */
function equallyLong(measured: readonly Measured[]): Measured[][] {
  const groups = new Map<number, Measured[]>()
  for (const one of measured) {
    const group = groups.get(one.split.rows)
    if (group) group.push(one)
    else groups.set(one.split.rows, [one])
  }
  return [...groups.values()]
}

/** @param values that all groups have together */
async function scoreGroup(
  model: SegmentModel,
  group: readonly Measured[],
  values: number,
  pace: Pace,
): Promise<Scores[]> {
  const { horizon } = model.spec
  const { judged, rows } = group[0].split
  const known = { from: 0, to: judged }
  const origins = originsOf({ from: judged, to: rows }, horizon)
  const seasons = new Map(model.channels.map(({ key, season }) => [key, season]))
  const season = seasons.get(group[0].column.name) ?? 0
  const count = origins.to - origins.from
  const stride = strideOf(count, Math.ceil((count * MOST_VALUES) / values), season)
  const wanted = (row: number): boolean => row >= origins.from && (row - origins.from) % stride === 0
  const filled = group.map(({ column }) => fillColumn(column, { from: 0, to: rows }))

  const scores: Scores[] = []
  for (const [c, { column }] of group.entries()) {
    const season = seasons.get(column.name) ?? 0
    const standard = standardOf(column, known, season)
    const score = (): ColumnScore => scoreColumn(column.values, horizon, standard)
    const one = { gru: score(), naive: score(), seasonalNaive: score(), ridge: score() }
    const simple: [Baseline, ColumnScore][] = [
      [naive, one.naive],
      [seasonalNaive(season), one.seasonalNaive],
      [await fitRidge(filled[c].values, known, horizon, standard.deviation, season, pace), one.ridge],
    ]
    scores.push(one)
    await scoreSimple(filled[c], simple, origins.from, origins.to, stride, horizon, pace)
  }
  await walk(model, filled, {
    wanted,
    last: origins.to - 1,
    device: 'wasm',
    pace,
    meter: () => {},
    emit({ origin, mean }) {
      for (const [c, { gru }] of scores.entries()) gru.add(origin, mean, c * horizon)
    },
  })
  return scores
}

async function scoreSimple(
  { values }: FilledColumn,
  methods: readonly [Baseline, ColumnScore][],
  from: number,
  to: number,
  stride: number,
  horizon: number,
  pace: Pace,
): Promise<void> {
  const mean = new Float64Array(horizon)
  for (let origin = from; origin < to; origin += stride) {
    for (const [method, score] of methods) {
      method.forecast(values, origin, mean)
      score.add(origin, mean, 0)
    }
    await pace.rest()
  }
}
