import type { FitMetrics } from '../forecast/fit/types.ts'
import { FormatError } from '../formats/error.ts'
import { FORECASTER_KEY } from '../formats/forecaster.ts'
import type { Inspection } from '../formats/types.ts'
import { readFitted, type SavedFitted } from '../store/fitted.ts'
import { list, section } from './sections.ts'

/** A file as it is shown: one that holds a fitted forecaster is more than its tensors. */
export interface Shown extends Inspection {
  readonly forecaster?: SavedFitted
}

/** Metadata that are shown as what they mean. */
const PARTS = ['spec', 'period', 'metrics', 'fittedAt']
const DIGITS = 4

/** Reads the forecaster of a file that says that it holds one; `problem` tells why that cannot be. */
export async function withForecaster(file: string, inspection: Inspection): Promise<Shown> {
  if (!inspection.metadata.has(FORECASTER_KEY)) return inspection
  try {
    return { ...inspection, problem: undefined, forecaster: await readFitted(file) }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    return { ...inspection, problem: error.message }
  }
}

/** All but the weights, as JSON takes it. */
export function forecasterJson({ model, period, metrics, fittedAt }: SavedFitted): unknown {
  const { spec, weights, channels } = model
  return { spec, weights: weights.length, channels, period, metrics, fittedAt }
}

export function forecasterSections(
  { model, period, metrics, fittedAt }: SavedFitted,
  metadata: Inspection['metadata'],
): string[] {
  const { spec, weights, channels } = model
  const facts = [
    ...Object.entries(spec).map(([name, value]) => [name, String(value)]),
    ['weights', String(weights.length)],
    ['period', period === null ? 'unknown' : `${period} ms`],
    ['fitted', new Date(fittedAt).toISOString()],
  ]
  const streams = channels.map(({ key, unit, season }) => [
    key,
    shortest(unit),
    season ? String(season) : 'none',
  ])
  return [
    ...section(
      [...metadata].filter(([name]) => !PARTS.includes(name)),
      { title: 'metadata' },
    ),
    ...section(facts, { title: 'forecaster' }),
    ...(metrics ? metricsSections(metrics) : []),
    ...section(streams, { title: 'channels', header: ['key', 'unit', 'season'] }),
  ]
}

function metricsSections({
  rows,
  horizon,
  gru,
  naive,
  seasonalNaive,
  ridge,
  sentence,
}: FitMetrics): string[] {
  const methods = Object.entries({ gru, naive, 'seasonal naive': seasonalNaive, ridge })
  const scores = methods.map(([name, { mse, mae, mase }]) => [name, ...[mse, mae, mase].map(shortest)])
  const title = `metrics, over the next ${horizon} steps, on the newest ${rows} rows, held back`
  return [...section(scores, { title, header: ['', 'mse', 'mae', 'mase'] }), ...list('in words', [sentence])]
}

const shortest = (v: number): string => (Number.isFinite(v) ? String(Number(v.toPrecision(DIGITS))) : 'none')
