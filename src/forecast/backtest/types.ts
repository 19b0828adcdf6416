import type { DeviceChoice } from '../../engine/device.ts'
import type { ScaleKind, SegmentModel } from '../../learn/segment/types.ts'
import type { Rows } from '../../table/types.ts'

/**
 * `frozen`: learns from the fit and validation rows only. `stream`: begins so and goes on learning row by row.
 * `cold`: begins with nothing where the test rows begin; the row before them is its first reading.
 */
export type BacktestMode = 'frozen' | 'stream' | 'cold'

export interface BacktestOptions {
  /** Steps ahead, 1–1024. */
  readonly horizon: number
  readonly fit: Rows
  readonly validate: Rows
  readonly test: Rows
  readonly mode: BacktestMode
  /** Share of values that intervals are meant to hold. @default 0.9 */
  readonly coverage?: number
  /** @default 1 */
  readonly seed?: number
  /** Threads that learn. @default 1 */
  readonly threads?: number
  /** Most seconds for fitting. @default 600 */
  readonly maxSeconds?: number
  /** @default chosen from the data */
  readonly segment?: number
  /** @default 64 */
  readonly hiddenSize?: number
  /** Rows of the regular pattern, 0 = none. @default detected in the fit rows */
  readonly season?: number
  /** @default auto: chosen on the validation rows */
  readonly scale?: ScaleKind | 'auto'
  /** What steps the GRU. @default wasm */
  readonly device?: DeviceChoice
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: BacktestProgress) => void
}

export interface BacktestProgress {
  readonly stage: 'fitting' | 'forecasting'
  /** 0–1 of the stage. */
  readonly share: number
  readonly secondsLeft: number
}

/** The forecasts of all columns issued at one row; arrays [columns][horizon], valid until the next. */
export interface OriginForecasts {
  /** The row after which they were issued: step h is of row `origin` + h. */
  readonly origin: number
  readonly mean: Float32Array
  readonly lower: Float32Array
  readonly upper: Float32Array
}

/** Scores of one method over all origins. */
export interface MethodScore {
  /** Over all columns and steps, on columns standardised by the fit rows. NaN where nothing was observed. */
  readonly mse: number
  readonly mae: number
  /** Mean over columns of MAE / mean |x_t − x_{t−season}| of the fit rows; without a season, of one row. */
  readonly mase: number
}

/** Scores of one step ahead, over all columns. */
export interface StepScore {
  readonly step: number
  /** Mean squared error of this step, that of naive, and that of the forecast's steps from 1 to this one. */
  readonly mse: number
  readonly naiveMse: number
  readonly meanMse: number
  /** Share of values inside the interval. */
  readonly coverage: number
  /** Mean Winkler score of the interval, on standardised columns: its width, and 2 / (1 − coverage) times the miss. */
  readonly winkler: number
}

export interface BacktestReport {
  /** Origins forecast, and values that met their truth. */
  readonly origins: number
  readonly values: number
  /** What was issued: by the GRU alone in the mode `frozen`, else by all that a live model mixes. */
  readonly forecast: MethodScore
  readonly naive: MethodScore
  readonly seasonalNaive: MethodScore
  /** Share of values inside the interval, over all steps. */
  readonly coverage: number
  /** Mean Winkler score of all intervals, as in {@link StepScore}. */
  readonly winkler: number
  /** Of the steps 1 and 24, as far as the horizon goes, and of its last one. */
  readonly steps: readonly StepScore[]
  /** Of each column, in order: mean squared error against that of naive. */
  readonly ratios: readonly { readonly name: string; readonly mse: number; readonly naiveMse: number }[]
  /** The model that forecast last; null in the mode `cold`. */
  readonly model: SegmentModel | null
  /** Weights of the model that forecast last, and the season in rows. */
  readonly parameters: number
  readonly season: number
  /** Of all fits, refits included. */
  readonly fitSeconds: number
  readonly fits: number
  /** Of stepping all rows and decoding the forecasts. */
  readonly stepSeconds: number
  readonly device: string
  readonly deviceReason: string
}
