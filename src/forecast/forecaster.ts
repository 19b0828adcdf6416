import type { GruExpert } from './experts/gru.ts'
import { detectPeriod, type GridState, PERIOD_READINGS, placeOnGrid, startGrid } from './grid.ts'
import { append, createHistory, type History, length } from './history.ts'
import { learnScale, type ScaleState, scaleOf, startScale } from './scale.ts'
import { createTracker, startTracker, type Tracker, type TrackerState } from './tracker.ts'
import type { Counts, Forecast, PushResult, Reading, Skip } from './types.ts'

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
  /** Readings kept back until the period is known. */
  pending: Reading[]
  history: History
  scale: ScaleState
  /** Grid steps of the regular pattern; 0 = none known. */
  season: number
  /** Skill on this stream's own tail; null where the last fit had none of it. */
  tailSkill: number | null
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

/** What the model lends to a stream for one reading. */
export interface ModelView {
  /** Null until the first fit. */
  readonly expert: GruExpert | null
  readonly device: string
  /** Skill against naive on the tails that the last fit held back, over all its series. */
  readonly tailSkill: number
}

/** One stream: takes readings in, gives a forecast or the reason why there is none. */
export interface Forecaster {
  readonly state: StreamState
  push(reading: Reading): PushResult
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
    steps: 0,
    sinceRestart: 0,
    tracker: startTracker(options.horizon, options.coverage),
    counts: { accepted: 0, duplicate: 0, extra: 0, late: 0, invalid: 0, filled: 0, restarts: 0 },
    base,
    made: new Int32Array(options.segment),
  }
}

export function createForecaster(
  options: ForecasterOptions,
  model: ModelView,
  state: StreamState,
): Forecaster {
  const { horizon, segment, warmUp, coverage } = options
  const tracker: Tracker = createTracker(horizon, coverage, state.tracker)
  // Longer gaps say more about the sensor than an interpolation can.
  const maxMissing = 2 * segment

  /** One grid step: older forecasts mature, the value becomes history, and with `issue` a forecast is made. */
  const advance = (value: number, observed: boolean, issue: boolean): void => {
    const { history } = state
    if (observed) tracker.mature(value, state.tailSkill ?? model.tailSkill)
    if (state.sinceRestart > 0) learnScale(state.scale, value - lagged(history, segment >> 1))
    append(history, value, observed)
    const phase = state.sinceRestart % segment
    state.steps++
    state.sinceRestart++
    const changes = tracker.open(value, issue)
    const { expert } = model
    if (!expert) return
    const scale = scaleOf(state.scale, value)
    expert.step(state, phase, scale, state.season, issue ? changes : null, tracker.offset)
    if (issue) tracker.commit()
  }

  const begin = (reading: Reading): void => {
    state.history.first = state.history.end
    state.sinceRestart = 0
    state.made.fill(0)
    tracker.clear()
    state.counts.accepted++
    advance(reading.value, true, true)
  }

  /** Places a reading on the known grid; null when it became a step. */
  const place = (grid: GridState, reading: Reading): Skip | null => {
    const { history, counts } = state
    const placement = placeOnGrid(grid, reading.time, maxMissing, options.period === null)
    switch (placement.kind) {
      case 'restart':
        counts.restarts++
        begin(reading)
        return null
      case 'step': {
        const last = history.values[history.end - 1]
        const parts = placement.missing + 1
        for (let i = 1; i < parts; i++) {
          counts.filled++
          advance(last + ((reading.value - last) * i) / parts, false, false)
        }
        counts.accepted++
        advance(reading.value, true, true)
        return null
      }
      default:
        counts[placement.kind]++
        return { reason: placement.kind, message: skipMessage(placement.kind, reading, grid) }
    }
  }

  /** Collects readings until the period is known; null once it is, with all of them taken in. */
  const detect = (reading: Reading): Skip | null => {
    const { pending, counts } = state
    const newest = pending.at(-1)
    if (newest && reading.time <= newest.time) {
      const kind = reading.time === newest.time ? 'duplicate' : 'late'
      counts[kind]++
      return {
        reason: kind,
        message: `reading of ${iso(reading.time)} is not newer than ${iso(newest.time)}`,
      }
    }
    pending.push(reading)
    if (pending.length < Math.min(PERIOD_READINGS, warmUp)) return warming()
    const grid = startGrid(detectPeriod(pending.map(({ time }) => time)), pending[0].time)
    state.grid = grid
    state.pending = []
    begin(pending[0])
    let last: Skip | null = null
    for (const kept of pending.slice(1)) last = place(grid, kept)
    return last
  }

  const warming = (): Skip => {
    const have = state.steps + state.pending.length
    return {
      reason: 'warming',
      message: `warming up: ${have} of ${warmUp} readings`,
      progress: { have, need: warmUp },
    }
  }

  const forecast = (grid: GridState): Forecast => {
    const { history, key, counts } = state
    const last = history.values[history.end - 1]
    return {
      key,
      cutoff: Math.round(grid.cutoff),
      period: grid.period,
      last,
      ...tracker.read(last, scaleOf(state.scale, last), model.expert !== null),
      coverage,
      device: model.device,
      counts: { ...counts },
    }
  }

  return {
    state,
    push(reading) {
      if (!state.grid && options.period !== null) {
        state.grid = startGrid(options.period, reading.time)
        begin(reading)
      } else {
        const skip = state.grid ? place(state.grid, reading) : detect(reading)
        if (skip) return { skipped: skip }
      }
      return state.grid && state.steps >= warmUp ? { forecast: forecast(state.grid) } : { skipped: warming() }
    },
  }
}

/** The value `lag` steps before the next one; the oldest where history is shorter. */
function lagged(history: History, lag: number): number {
  const held = length(history)
  return history.values[history.end - Math.min(Math.max(lag, 1), held)]
}

function skipMessage(kind: 'duplicate' | 'extra' | 'late', reading: Reading, grid: GridState): string {
  const at = iso(reading.time)
  if (kind === 'duplicate') return `reading of ${at} was already taken in`
  const step = `the grid step of ${iso(grid.cutoff)} (period ${Math.round(grid.period)} ms)`
  return kind === 'extra'
    ? `reading of ${at} is a second one in ${step}`
    : `reading of ${at} is older than ${step}`
}

function iso(time: number): string {
  return new Date(time).toISOString()
}
