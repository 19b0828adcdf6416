import type { ScaleKind } from '../learn/segment/types.ts'
import { columnNames } from './column-names.ts'
import { UsageError } from './command.ts'

/** What `fit` and `backtest` can be told about a table and the net to be fitted on it. */
export const FIT_OPTIONS = {
  time: { type: 'string' },
  columns: { type: 'string' },
  horizon: { type: 'string' },
  segment: { type: 'string' },
  hidden: { type: 'string' },
  season: { type: 'string' },
  scale: { type: 'string' },
  seed: { type: 'string' },
  'max-seconds': { type: 'string' },
} as const

export const FIT_HELP: string = `  --segment <rows>     that one GRU step covers, 2–512 (default: by the season)
  --hidden <units>     of the GRU, 4–512, a multiple of 4 (default: 64)
  --season <rows>      of the regular pattern (a day, a shift), 0 = none (default: found in the data)
  --scale <kind>       what changes are measured in: fixed, running, or auto, whichever does better
                       (default: auto)
  --seed <number>      of everything random (default: 1)
  --max-seconds <s>    most seconds that learning may take (default: 600)`

const SCALES: readonly (ScaleKind | 'auto')[] = ['fixed', 'running', 'auto']
/** A day. */
const MOST_SECONDS = 86_400
const MOST_SEASON = 65_536
const LANES = 4

/** {@link FIT_OPTIONS} that were given, checked. */
export interface FitChoices {
  readonly time?: string
  readonly columns?: readonly string[]
  readonly horizon?: number
  readonly segment?: number
  readonly hiddenSize?: number
  readonly season?: number
  readonly scale?: ScaleKind | 'auto'
  readonly seed?: number
  readonly maxSeconds?: number
}

/** @throws UsageError naming the option and the value that it cannot have */
export function fitChoices(values: { readonly [name in keyof typeof FIT_OPTIONS]?: string }): FitChoices {
  const { hidden } = values
  const hiddenSize = wholeOption('hidden', hidden, 4, 512)
  if (hiddenSize !== undefined && hiddenSize % LANES !== 0) {
    throw new UsageError(`--hidden must be a multiple of ${LANES}, got '${hidden}'`)
  }
  return {
    time: values.time,
    columns: values.columns === undefined ? undefined : columnNames('columns', values.columns),
    horizon: wholeOption('horizon', values.horizon, 1, 1024),
    segment: wholeOption('segment', values.segment, 2, 512),
    hiddenSize,
    season: seasonOption(values.season),
    scale: scaleOption(values.scale),
    seed: wholeOption('seed', values.seed, 0, 2 ** 32 - 1),
    maxSeconds: maxSecondsOption(values['max-seconds']),
  }
}

/** @throws UsageError naming the option, its bounds and what it was given */
export function wholeOption(
  name: string,
  text: string | undefined,
  min: number,
  max: number,
): number | undefined {
  if (text === undefined) return undefined
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new UsageError(`--${name} must be a whole number from ${min} to ${max}, got '${text}'`)
  }
  return value
}

function seasonOption(text: string | undefined): number | undefined {
  const season = wholeOption('season', text, 0, MOST_SEASON)
  if (season === 1) throw new UsageError(`--season must be 0, for none, or at least 2 rows, got '${text}'`)
  return season
}

function scaleOption(text: string | undefined): ScaleKind | 'auto' | undefined {
  if (text === undefined) return undefined
  const scale = SCALES.find((name) => name === text)
  if (!scale) throw new UsageError(`--scale must be one of ${SCALES.join(', ')}, got '${text}'`)
  return scale
}

function maxSecondsOption(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (!(value > 0 && value <= MOST_SECONDS)) {
    throw new UsageError(`--max-seconds must be more than 0 and at most ${MOST_SECONDS}, got '${text}'`)
  }
  return value
}
