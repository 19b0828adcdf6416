import type { FitCheckpoint, ScaleKind, SegmentModel } from '../../learn/segment/types.ts'
import type { MethodScore } from '../backtest/types.ts'

export interface FitOptions {
  /** Steps ahead, 1–1024. @default 24 */
  readonly horizon?: number
  /** Rows that one GRU step covers, 2–512. @default chosen from the season */
  readonly segment?: number
  /** Hidden units, 4–512, a multiple of 4. @default 64 */
  readonly hiddenSize?: number
  /** Rows of the regular pattern (a day, a shift), 0 = none. @default detected */
  readonly season?: number
  /** What changes are measured in. @default auto: the one that does better */
  readonly scale?: ScaleKind | 'auto'
  /** Whether the columns are of one table, so that they have one season. @default true if they are equally long */
  readonly table?: boolean
  /** A model to go on from. */
  readonly start?: SegmentModel
  /** @default 1 */
  readonly seed?: number
  /** Most epochs of each of the two fits. @default 20 */
  readonly epochs?: number
  /** Most seconds. @default 600 */
  readonly maxSeconds?: number
  /** Ends the fit; the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: FitHistoryProgress) => void
  /** Goes on from here as if never stopped; history and options must be what they were. */
  readonly checkpoint?: FitHistoryCheckpoint
  /** Called after each epoch with what `checkpoint` takes. */
  readonly onCheckpoint?: (checkpoint: FitHistoryCheckpoint) => void
}

/**
 * `measuring`: learns from the oldest 64 % of the rows, the next 16 % judge when to stop, and the newest 20 % tell how
 * good it is. `finishing`: goes on from there with the oldest 80 %, and the newest 20 % judge.
 */
export type FitStage = 'measuring' | 'finishing'

export interface FitHistoryProgress {
  readonly stage: FitStage
  readonly epoch: number
  readonly epochs: number
  /** Updates done, of at most `maxUpdates`. */
  readonly update: number
  readonly maxUpdates: number
  readonly loss: number
  readonly validationLoss: number
  /** 0–1 of both stages, and an upper bound of the seconds that they still take. */
  readonly share: number
  readonly secondsLeft: number
}

/** It holds typed arrays and JSON values only. */
export interface FitHistoryCheckpoint {
  readonly stage: FitStage
  /** null: the stage has only begun. */
  readonly fit: FitCheckpoint | null
  /** Of the first stage, once it is done. */
  readonly measured: MeasuredModel | null
}

/** What the first stage gives. */
export interface MeasuredModel {
  readonly model: SegmentModel
  readonly metrics: FitMetrics
  readonly epochs: number
  readonly seconds: number
}

/** How good a fitted model is on rows that it had not seen. */
export interface FitMetrics {
  /** Newest rows of each column that were held back. */
  readonly rows: number
  readonly horizon: number
  readonly gru: MethodScore
  readonly naive: MethodScore
  readonly seasonalNaive: MethodScore
  /** Linear regression on the newest values and those of the last seasons, with a penalty (ridge). */
  readonly ridge: MethodScore
  /** 1 − MAE / MAE of naive. */
  readonly skill: number
  /** One sentence: how much better or worse than which simple method, on what. */
  readonly sentence: string
}

export interface Fitted {
  readonly model: SegmentModel
  /** null where the history is too short to hold any of it back. */
  readonly metrics: FitMetrics | null
  readonly parameters: number
  readonly epochs: number
  readonly seconds: number
}
