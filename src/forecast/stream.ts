import type { GridState } from './grid.ts'
import { createHistory, type History } from './history.ts'
import { type ScaleState, startScale } from './scale.ts'
import { startTracker, type TrackerState } from './tracker.ts'
import type { Counts, Reading } from './types.ts'

/** Grid steps of history kept for refits and for rebuilding states. */
const HISTORY = 4096

/** What all streams of one node or operator share. */
export interface ForecasterOptions {
  readonly horizon: number
  readonly segment: number
  /** Grid steps of the regular pattern when given, else null: found by the fits. */
  readonly season: number | null
  readonly period: number | null
  readonly warmUp: number
  readonly coverage: number
}

/** Everything a stream knows; the forecaster's functions move it on. */
export interface StreamState {
  readonly key: string
  grid: GridState | null
  /** Readings kept back: until the period is known, and one ahead until it is confirmed. */
  pending: Reading[]
  history: History
  scale: ScaleState
  /** Grid steps of the regular pattern; 0 = none known. */
  season: number
  /** Skill on this stream's own tail; null where the last fit had none of it. */
  tailSkill: number | null
  /** Version of the weights whose fit last learned from this stream. */
  taught: number
  /** Grid steps since the stream began, and since it last began anew. */
  steps: number
  sinceRestart: number
  tracker: TrackerState
  counts: { -readonly [name in keyof Counts]: number }
  /** First of the stream's lanes in the model's state pool. */
  base: number
  /** Version of the weights that made each phase's state. */
  made: Int32Array
}

export function startStream(key: string, options: ForecasterOptions, base: number): StreamState {
  return {
    key,
    grid: null,
    pending: [],
    history: createHistory(HISTORY),
    scale: startScale(),
    season: options.season ?? 0,
    tailSkill: null,
    taught: 0,
    steps: 0,
    sinceRestart: 0,
    tracker: startTracker(options.horizon, options.coverage),
    counts: { accepted: 0, duplicate: 0, extra: 0, late: 0, ahead: 0, invalid: 0, filled: 0, restarts: 0 },
    base,
    made: new Int32Array(options.segment),
  }
}
