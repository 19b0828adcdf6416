import { type GruPlace, type GruStream, startPlace } from './experts/gru.ts'
import { type PanelState, startPanel } from './experts/panel.ts'
import type { GridState } from './grid.ts'
import type { GuardState } from './guard.ts'
import { createHistory, type History } from './history.ts'
import { type PatternState, startPattern } from './pattern.ts'
import { type SpreadState, startSpread } from './spread.ts'
import { startTracker, type TrackerState } from './tracker.ts'
import type { Counts, Reading } from './types.ts'

/** Grid steps of history kept for refits, for rebuilding states and for experts that look seasons back. */
export const HISTORY = 4096

/** What all streams of one node or operator share. */
export interface ForecasterOptions {
  readonly horizon: number
  /** Grid steps of the regular pattern when given, else null: found by the fits. */
  readonly season: number | null
  readonly period: number | null
  readonly warmUp: number
  /** Of the intervals, one or more. */
  readonly coverages: readonly number[]
}

/** Everything a stream knows; the forecaster's functions move it on. */
export interface StreamState extends GruStream {
  /** Of the net of the last fit, and of the one that learns on. */
  readonly gru: GruPlace
  readonly learner: GruPlace
  grid: GridState | null
  /** Readings kept back: until the period is known, and one ahead until it is confirmed. */
  pending: Reading[]
  history: History
  spread: SpreadState
  guard: GuardState
  panel: PanelState
  pattern: PatternState
  /** Version of the weights whose fit last learned from this stream. */
  taught: number
  /** Grid steps since the stream began, and since it last began anew. */
  steps: number
  sinceRestart: number
  tracker: TrackerState
  counts: { -readonly [name in keyof Counts]: number }
}

export function startStream(key: string, options: ForecasterOptions): StreamState {
  return {
    key,
    grid: null,
    pending: [],
    history: createHistory(HISTORY),
    spread: startSpread(),
    guard: { run: 0 },
    panel: startPanel(),
    pattern: startPattern(),
    taught: 0,
    steps: 0,
    sinceRestart: 0,
    tracker: startTracker(options.horizon, options.coverages),
    counts: { accepted: 0, duplicate: 0, extra: 0, late: 0, ahead: 0, invalid: 0, filled: 0, restarts: 0 },
    gru: startPlace(options.season ?? 0),
    learner: startPlace(options.season ?? 0),
  }
}
