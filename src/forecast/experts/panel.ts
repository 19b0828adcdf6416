import { createHistory, type History } from '../history.ts'
import { restorePlain } from '../plain.ts'
import type { ExpertName } from '../types.ts'
import { createRidge, type RidgeState, type RidgeStream, seasonalLags, startRidge } from './ridge.ts'

/** What the simple experts know of one stream; plain numbers and arrays. */
export interface PanelState {
  /** Level of the exponential smoothing; NaN before the first value. */
  level: number
  /** null before the first value. */
  ridge: RidgeState | null
  /** null while no season is known. */
  seasonal: RidgeState | null
}

export interface PanelStream extends RidgeStream {
  /** Grid steps of the regular pattern; 0 = none known. */
  readonly season: number
}

/** The simple experts of streams with one horizon. */
export interface Panel {
  /** Takes in the stream's newest value. */
  learn(state: PanelState, stream: PanelStream): void
  /** Writes ŷ − x of each of {@link SIMPLE}; NaN at the first step of one that is silent. */
  forecast(state: PanelState, stream: PanelStream, changes: readonly Float64Array[]): void
}

/** The simple experts, in their order; the first is never silent. */
export const SIMPLE: readonly ExpertName[] = [
  'naive',
  'seasonal-naive',
  'smoothing',
  'ridge',
  'seasonal-ridge',
  'seasonal-ridge',
]
/** Of exponential smoothing. */
const SMOOTHING = 0.5
/** Newest values that the ridge regression without a season sees. */
const SHORT = Int32Array.from([1, 2, 3, 4, 5, 6, 7, 8])
/** Share of the past that ridge regressions keep with each row. */
const SHORT_RATES = [0.999]
const SEASONAL_RATES = [0.999, 0.9999]
/** Rows that a ridge regression has learned before it speaks, for each of its inputs. */
const ROWS_PER_INPUT = 2
/** Share by which a season must change for the regression to begin anew. */
const OTHER = 0.1

export function startPanel(): PanelState {
  return { level: Number.NaN, ridge: null, seasonal: null }
}

/**
 * A saved state.
 * @throws Error when it does not fit
 */
export function restorePanel(saved: unknown, horizon: number, capacity: number, where: string): PanelState {
  const { level, ridge, seasonal } = (saved ?? {}) as Partial<PanelState>
  if (typeof level !== 'number') throw new Error(`saved ${where} has no panel`)
  const none = createHistory(1)
  const season = seasonal?.season ?? 0
  return {
    level,
    ridge: ridge
      ? restorePlain(ridge, startRidge(SHORT, 0, horizon, SHORT_RATES, none), `${where}: ridge`)
      : null,
    seasonal: seasonal
      ? restorePlain(
          seasonal,
          startRidge(seasonalLags(season, capacity - horizon - 1), season, horizon, SEASONAL_RATES, none),
          `${where}: seasonal ridge`,
        )
      : null,
  }
}

/** Opens the simple experts; `capacity` is how many values a history holds. */
export function createPanel(horizon: number, capacity: number): Panel {
  const short = createRidge(horizon, SHORT_RATES)
  const seasonal = createRidge(horizon, SEASONAL_RATES)

  const startSeasonal = (season: number, history: History): RidgeState =>
    startRidge(seasonalLags(season, capacity - horizon - 1), season, horizon, SEASONAL_RATES, history)

  const isOther = (known: number, season: number): boolean => Math.abs(season - known) > OTHER * known

  const speaks = (state: RidgeState | null): state is RidgeState =>
    state !== null && state.learned >= ROWS_PER_INPUT * state.lags.length

  return {
    learn(state, stream) {
      const { history, season } = stream
      const value = history.values[history.end - 1]
      state.level = Number.isNaN(state.level) ? value : state.level + SMOOTHING * (value - state.level)
      if (state.ridge) short.learn(state.ridge, stream)
      else state.ridge = startRidge(SHORT, 0, horizon, SHORT_RATES, history)
      if (season > 1 && (!state.seasonal || isOther(state.seasonal.season, season))) {
        state.seasonal = startSeasonal(season, history)
      } else if (state.seasonal) seasonal.learn(state.seasonal, stream)
    },
    forecast(state, stream, [naive, pattern, smoothing, ridge, ...seasonals]) {
      const { history, season } = stream
      const { values, first, end } = history
      const last = values[end - 1]
      naive.fill(0)
      for (let h = 1; h <= horizon; h++) {
        pattern[h - 1] = season > 1 ? values[end - 1 + h - season * Math.ceil(h / season)] - last : Number.NaN
      }
      if (season > 1 && end - season < first) pattern.fill(Number.NaN)
      smoothing.fill(state.level - last)
      if (speaks(state.ridge)) short.forecast(state.ridge, stream, 0, ridge)
      else ridge.fill(Number.NaN)
      for (const [r, changes] of seasonals.entries()) {
        if (speaks(state.seasonal)) seasonal.forecast(state.seasonal, stream, r, changes)
        else changes.fill(Number.NaN)
      }
    },
  }
}
