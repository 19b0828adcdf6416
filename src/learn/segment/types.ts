/** Shape of the phase-state segment GRU, the forecaster's model. */
export interface SegmentSpec {
  /** Grid steps that one GRU step covers (w). */
  readonly segment: number
  /** Steps ahead (H), decoded in ⌈H/w⌉ blocks. */
  readonly horizon: number
  /** Hidden units (d). */
  readonly hiddenSize: number
  /** Whether the change over a season is an input. */
  readonly seasonal: boolean
  /** What changes are measured in: see `scale.ts`. */
  readonly scale: ScaleKind
  /** Streams that have an embedding of their own, 0 or more. */
  readonly channels: number
}

/** `fixed`: the stream's unit; `running`: that times how lively the stream has been of late. */
export type ScaleKind = 'fixed' | 'running'

/** A stream that a model was fitted on. */
export interface Channel {
  readonly key: string
  /** Standard deviation of the values it was fitted on, > 0. */
  readonly unit: number
  /** Grid steps of its regular pattern; 0 = none. */
  readonly season: number
}

/** A fitted net: immutable. */
export interface SegmentModel {
  readonly spec: SegmentSpec
  /** Packed as `net.ts` says. */
  readonly weights: Float32Array
  /** In the order of the embeddings; as many as `spec.channels`. */
  readonly channels: readonly Channel[]
}

/** The history of one stream, oldest first, on its grid. */
export interface FitSeries {
  readonly key: string
  /** Within ±1e30. */
  readonly values: Float64Array
  /** 1 where a reading was observed, 0 where the grid filled it in; filled steps are no targets. */
  readonly observed: Uint8Array
  /**
   * Rows before it are learned from, rows from it on judge; `values.length` where all teach. null: the newest fifth
   * judges, if the series is long enough.
   */
  readonly trainEnd: number | null
}

/** How a fit goes on: by default as the recipe of `fit.ts` says. */
export interface FitSchedule {
  /** Most epochs. */
  readonly epochs: number
  /** Optimiser updates of an epoch. null: two passes over the training part, 200 to 400. */
  readonly updates: number | null
  /** Seconds after which the fit ends with the best weights so far; it may take one validation longer. */
  readonly maxSeconds: number
}

export interface FitJob {
  readonly horizon: number
  /** null: that of `start` while the season is what it was, else chosen from the season. */
  readonly segment: number | null
  readonly hiddenSize: number
  /** Steps of the regular pattern of all series, 0 = none. null: detected, for each series or, if `table`, for all together. */
  readonly season: number | null
  /** `auto`: the one that does better in the first epochs on what judges. */
  readonly scale: ScaleKind | 'auto'
  /** Whether the series are columns of one table: then they have one season. */
  readonly table: boolean
  readonly series: readonly FitSeries[]
  /**
   * Goes on from these weights where their shape is still the right one; keys are matched, new ones begin in the middle.
   * Channels of it that are none of `series` stay as they are, behind those that are. It comes back as it is where a net
   * of another shape is no better, or nothing judges.
   */
  readonly start: SegmentModel | null
  readonly seed: number
  readonly schedule: FitSchedule
  /** Goes on from here, bit for bit as if never stopped; all else must be as it was. */
  readonly checkpoint: FitCheckpoint | null
  /** Whether a checkpoint is wanted after each epoch. */
  readonly checkpoints: boolean
}

export interface FitProgress {
  /** Epochs done, of at most `epochs`. */
  readonly epoch: number
  readonly epochs: number
  /** Updates done, of at most `maxUpdates`. */
  readonly update: number
  readonly maxUpdates: number
  /** Mean absolute error on the training part, in units of each stream's standard deviation. */
  readonly loss: number
  /** Mean squared error on the held-back part, in such units; NaN without one. */
  readonly validationLoss: number
  /** Estimate of the seconds left; an upper bound, since the fit stops early when it no longer gets better. */
  readonly secondsLeft: number
  /** Set after each epoch if the job asks for it. */
  readonly checkpoint?: FitCheckpoint
}

/** A fit after some epoch. It holds typed arrays and JSON values only. */
export interface FitCheckpoint {
  readonly spec: SegmentSpec
  readonly channels: readonly Channel[]
  /** Updates done, and seconds that they took. */
  readonly update: number
  readonly seconds: number
  readonly epoch: number
  /** Epochs without improvement since the rate began to fall. */
  readonly stale: number
  readonly weights: Float32Array
  readonly mean: Float32Array
  readonly square: Float32Array
  /** Of the walkers: see `walk.ts`. */
  readonly places: Int32Array
  readonly states: Float32Array
  readonly best: Best
}

/** The best weights so far, and what they do on the held-back part. */
export interface Best {
  readonly weights: Float32Array
  readonly epoch: number
  readonly validationLoss: number
  readonly naiveLoss: number
  readonly skills: Float64Array
}

export interface FitResult {
  /** The weights with the best validation loss; where nothing was held back the start, or the newest without one. */
  readonly model: SegmentModel
  /** 1 − MAE / MAE of the last value on each series' own held-back part; NaN where it has none. */
  readonly tailSkills: Float64Array
  /** Mean squared error on what was held back, in units of each stream's standard deviation; NaN without any. */
  readonly validationLoss: number
  /** The same of the last value. */
  readonly naiveLoss: number
  readonly epochs: number
  readonly updates: number
  readonly seconds: number
}

/** What a running fit reports to and asks of its caller. */
export interface FitControl {
  readonly onProgress?: (progress: FitProgress) => void
  /** Asked between updates, and between series whose seasons are to be found; true ends the fit with an `AbortError`. */
  readonly cancelled?: () => boolean
}
