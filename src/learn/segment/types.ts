/** Shape of the phase-state segment GRU, the forecaster's model. */
export interface SegmentSpec {
  /** Grid steps that one GRU step covers (w). */
  readonly segment: number
  /** Steps ahead (H), decoded in ⌈H/w⌉ blocks. */
  readonly horizon: number
  /** Hidden units (d). */
  readonly hiddenSize: number
}

/** The recent history of one stream, oldest first, on its grid. */
export interface FitSeries {
  readonly key: string
  readonly values: Float64Array
  /** 1 where a reading was observed, 0 where the grid filled it in; filled steps are no targets. */
  readonly observed: Uint8Array
  /** Unit of the normalised changes, > 0 (see `forecast/scale.ts`). */
  readonly scale: number
  /** Steps of the regular pattern when the user gave it, else null: detected from the values. */
  readonly season: number | null
}

export interface FitJob {
  readonly spec: SegmentSpec
  /** Weights to go on from, packed as `net.ts` says; null: initialised from the seed. */
  readonly weights: Float32Array | null
  readonly series: readonly FitSeries[]
  readonly seed: number
  /** Most optimiser updates. */
  readonly maxUpdates: number
  /** Seconds after which the fit ends with the best weights so far; it may take one evaluation longer. */
  readonly maxSeconds: number
}

export interface FitProgress {
  readonly update: number
  readonly maxUpdates: number
  /** Mean absolute error on the training part, in units of each stream's scale. */
  readonly loss: number
  /** The same on the held-back tail. */
  readonly validationLoss: number
}

export interface FitResult {
  /** The weights with the best validation loss, packed as `net.ts` says. */
  readonly weights: Float32Array
  /** Season used for each series, in order; 0 = none found. */
  readonly seasons: Int32Array
  /** 1 − MAE / MAE of the last value on each series' own tail; NaN where it has none. */
  readonly tailSkills: Float64Array
  readonly validationLoss: number
  /** Mean absolute error of the last value on the same tail. */
  readonly naiveLoss: number
  readonly updates: number
  readonly seconds: number
}

/** What a running fit reports to and asks of its caller. */
export interface FitControl {
  readonly onProgress?: (progress: FitProgress) => void
  /** Asked between updates; true ends the fit with an `AbortError`. */
  readonly cancelled?: () => boolean
}
