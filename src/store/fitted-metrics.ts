import type { MethodScore } from '../forecast/backtest/types.ts'
import type { FitMetrics } from '../forecast/fit/types.ts'
import { fieldsOf } from '../formats/fields.ts'
import { quote } from '../quote.ts'
import { text, whole } from './fitted-check.ts'

const METHODS = ['gru', 'naive', 'seasonalNaive', 'ridge'] as const
const FIELDS = ['rows', 'horizon', ...METHODS, 'skill', 'sentence'] as const
const MAX_SENTENCE = 4096

/** Scores that JSON cannot carry, as the text that stands for them. */
const UNUSUAL = new Map(
  [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((v) => [String(v), v]),
)

/** Metrics as JSON can carry them. */
export function writableMetrics(metrics: FitMetrics): unknown {
  const { rows, horizon, gru, naive, seasonalNaive, ridge, skill, sentence } = metrics
  return {
    rows,
    horizon,
    gru: writableScore(gru),
    naive: writableScore(naive),
    seasonalNaive: writableScore(seasonalNaive),
    ridge: writableScore(ridge),
    skill: writableNumber(skill),
    sentence,
  }
}

function writableScore({ mse, mae, mase }: MethodScore): unknown {
  return { mse: writableNumber(mse), mae: writableNumber(mae), mase: writableNumber(mase) }
}

const writableNumber = (v: number): number | string => (Number.isFinite(v) ? v : String(v))

/**
 * Checks metrics, or what {@link writableMetrics} made of them.
 * @throws RangeError naming the field
 */
export function checkMetrics(value: unknown): FitMetrics {
  const fields = fieldsOf('metrics', value, FIELDS)
  const score = (name: (typeof METHODS)[number]): MethodScore => checkScore(`metrics.${name}`, fields[name])
  return {
    rows: whole('metrics.rows', fields.rows, 0, Number.MAX_SAFE_INTEGER),
    horizon: whole('metrics.horizon', fields.horizon, 1, 1024),
    gru: score('gru'),
    naive: score('naive'),
    seasonalNaive: score('seasonalNaive'),
    ridge: score('ridge'),
    skill: checkNumber('metrics.skill', fields.skill),
    sentence: text('metrics.sentence', fields.sentence, MAX_SENTENCE),
  }
}

function checkScore(name: string, value: unknown): MethodScore {
  const { mse, mae, mase } = fieldsOf(name, value, ['mse', 'mae', 'mase'])
  return {
    mse: checkNumber(`${name}.mse`, mse),
    mae: checkNumber(`${name}.mae`, mae),
    mase: checkNumber(`${name}.mase`, mase),
  }
}

function checkNumber(name: string, value: unknown): number {
  const number = typeof value === 'string' ? UNUSUAL.get(value) : value
  if (typeof number === 'number') return number + 0
  throw new RangeError(`${name} must be a number, got ${quote(value)}`)
}
