import type { DeviceChoice } from '../engine/device.ts'
import type { SegmentModel } from '../learn/segment/types.ts'

/** One measurement of one sensor. */
export interface Reading {
  /** Finite number in the sensor's own unit. */
  readonly value: number
  /** Milliseconds since the epoch. */
  readonly time: number
}

/** A multi-step forecast of one stream, in the sensor's own units. */
export interface Forecast {
  readonly key: string
  /** Grid time of the last observed reading, ms since the epoch. Step h lies at cutoff + h · period. */
  readonly cutoff: number
  /** Milliseconds per grid step. */
  readonly period: number
  /** Value at the cutoff. */
  readonly last: number
  /** Point forecasts for steps 1..horizon. */
  readonly mean: readonly number[]
  /** Lower and upper ends of the interval, one per step. */
  readonly lower: readonly number[]
  readonly upper: readonly number[]
  /** Share of readings that the interval is meant to hold, 0–1. */
  readonly coverage: number
  /** Share that it has held lately, over all steps; null until forecasts have matured. */
  readonly measuredCoverage: number | null
  /** An interval for each coverage that was asked for, in that order; the first is the one above. */
  readonly intervals: readonly Interval[]
  /** The method with the largest share in `mean`, over all steps. */
  readonly model: ExpertName
  /** Why it has that share. */
  readonly reason: string
  /** The methods that are mixed, largest share first. */
  readonly experts: readonly ExpertShare[]
  /** How ordinary the reading at the cutoff is; null until errors of one step have shown what is. */
  readonly anomaly: Anomaly | null
  /** 1 − MAE / MAE of naive of what was emitted, over recent matured forecasts; null until some have matured. */
  readonly skill: number | null
  /** What ran the GRU: `cpu:wasm`, `gpu:nvidia`; `none` before the first fit. */
  readonly device: string
  /** Why it was that one. */
  readonly deviceReason: string
  /** What has happened to this stream's readings so far. */
  readonly counts: Counts
}

/** The interval of one coverage. */
export interface Interval {
  /** Share of readings that it is meant to hold, 0–1. */
  readonly coverage: number
  /** Share that it has held lately, over all steps; null until forecasts have matured. */
  readonly measuredCoverage: number | null
  /** Lower and upper ends, one per step. */
  readonly lower: readonly number[]
  readonly upper: readonly number[]
}

/**
 * A method of forecasting one stream: the last value; that of one season ago; exponential smoothing; ridge regression
 * on the newest values, and with those of seasons ago; the GRU as it was fitted; the GRU that learns on.
 */
export type ExpertName =
  | 'naive'
  | 'seasonal-naive'
  | 'smoothing'
  | 'ridge'
  | 'seasonal-ridge'
  | 'gru'
  | 'learning-gru'

export interface ExpertShare {
  readonly name: ExpertName
  /** Mean of its weight over all steps, 0–1; those of all experts add up to 1. */
  readonly share: number
}

/** How ordinary a reading is, by the forecast of one step before it. */
export interface Anomaly {
  /** What that forecast was, and the ends of its interval. */
  readonly expected: number
  readonly lower: number
  readonly upper: number
  /** Likelihood that the errors of late are no ordinary ones, 0–1. */
  readonly likelihood: number
  /** Whether an alarm begins here; the next one only after the refractory time. */
  readonly flagged: boolean
}

/** Readings of a stream counted by what happened to them. */
export interface Counts {
  /** Accepted as a new grid step. */
  readonly accepted: number
  /** Same time as a reading already seen. */
  readonly duplicate: number
  /** Another reading within the current grid step. */
  readonly extra: number
  /** Older than the current grid step (out of order). */
  readonly late: number
  /** Further ahead than gaps are filled, and not confirmed by the reading after it. */
  readonly ahead: number
  /** Not a finite number, or time not usable. */
  readonly invalid: number
  /** Grid steps without a reading, filled in. */
  readonly filled: number
  /** Times the stream began anew: after a gap too long to fill, a clock jump, or with a period found anew. */
  readonly restarts: number
}

export type SkipReason =
  | 'warming'
  | 'duplicate'
  | 'extra'
  | 'late'
  | 'ahead'
  | 'invalid'
  | 'reset'
  | 'overloaded'

/** Why a reading gave no forecast. */
export interface Skip {
  readonly reason: SkipReason
  /** One sentence with the offending value. */
  readonly message: string
  /** Set for `warming`: grid steps seen and needed. */
  readonly progress?: { readonly have: number; readonly need: number }
  /** Set for `invalid` and `overloaded` only: worth an alarm, unlike the others. */
  readonly error?: Error
}

/** Exactly one per input: a forecast, or the reason why there is none. */
export type Outcome<T> =
  | { readonly source: T; readonly key: string; readonly forecast: Forecast; readonly skipped?: undefined }
  | { readonly source: T; readonly key: string; readonly forecast?: undefined; readonly skipped: Skip }

/** What one reading brought: a forecast, or the reason why there is none. */
export type PushResult =
  | { readonly forecast: Forecast; readonly skipped?: undefined }
  | { readonly forecast?: undefined; readonly skipped: Skip }

export interface StreamsOptions {
  /** Milliseconds per grid step. @default detected from the first readings of each stream */
  readonly period?: number
  /** Grid steps before the first forecast. Minimum: 2; 8 where the period is to be detected. @default 64 */
  readonly warmUp?: number
  /** Target coverages of the intervals, between 0 and 1 exclusive: one, or up to 8 that differ. @default 0.9 */
  readonly coverage?: number | readonly number[]
  /**
   * Streams kept, 1–10,000; the one longest unused is dropped beyond that. Where answers come later, those dropped
   * still answer what they have taken; while both together are twice as many, new streams are `overloaded`. @default 500
   */
  readonly maxStreams?: number
  /** Called with the key of a stream dropped by `maxStreams`. */
  readonly onEvict?: (key: string) => void
}

/** Many keyed streams over one {@link ForecastModel}. */
export interface Streams {
  /** Whether the model answers at once, so that `push` can be used; it does on the device `wasm`. */
  readonly synchronous: boolean
  /**
   * Takes one reading of stream `key`, never throws on bad data. `time` absent: now. Where the model answers later,
   * the result is `invalid` and nothing is taken: then use `take`.
   */
  push(key: string, value: unknown, time?: unknown): PushResult
  /**
   * As `push`, on every device. Readings of one stream are taken in the order of the calls, each when the one before
   * it has its result; how many wait is up to the caller.
   */
  take(key: string, value: unknown, time?: unknown): Promise<PushResult>
  /** Forgets one stream, or all of them; returns how many were forgotten. */
  reset(key?: string): number
  keys(): string[]
  counts(key: string): Counts | undefined
  readonly size: number
  /** Invalid readings that belonged to no stream. */
  readonly invalid: number
  /**
   * Plain tree of JSON values and typed arrays; restoring it continues as if never stopped. Where the model answers
   * later, states that are not settled (see {@link ForecastModel.settle}) are left out, and rebuilt from history.
   */
  snapshot(): SnapshotTree
  /** @throws Error when the snapshot is of another version or does not fit. */
  restore(snapshot: SnapshotTree): void
  /** Detaches from the model. Idempotent. */
  close(): void
}

export interface ForecastModelOptions {
  /** Steps ahead. 1–256. @default 24 */
  readonly horizon?: number
  /** Grid steps per GRU step. 2–512. @default chosen from the data at the first fits */
  readonly segment?: number
  /** Hidden units. 4–512, a multiple of 4. @default 32 */
  readonly hiddenSize?: number
  /** Grid steps of the longest regular pattern (a day, a shift). @default detected per stream */
  readonly season?: number
  /** Learn from the streams while they run. @default true */
  readonly learn?: boolean
  /**
   * Milliseconds of the training thread that a reading may cost for the GRU that learns on; 0: none learns on.
   * @default 1, but never more than 5 % of a core
   */
  readonly budget?: number
  /** @default 1 */
  readonly seed?: number
  /** What steps the GRU; on all but `wasm` forecasts come later (see {@link Streams.take}). @default wasm */
  readonly device?: DeviceChoice
}

/** What the trainer is doing. */
export type Training =
  | { readonly state: 'waiting'; readonly have: number; readonly need: number }
  | { readonly state: 'fitting'; readonly share: number }
  | { readonly state: 'fitted'; readonly fits: number }
  | { readonly state: 'failed'; readonly error: Error }

/** How busy a model is, on the average of late; zeros before its first steps. */
export interface Load {
  /** Readings that are stepped together. */
  readonly batch: number
  /** Microseconds of stepping for each. */
  readonly microseconds: number
}

/** One GRU shared by the streams that use it, refitted in a worker thread as they go on. */
export interface ForecastModel {
  readonly horizon: number
  /** What runs the GRU now: `cpu:wasm`, `gpu:nvidia`; `none` before the first fit. */
  readonly device: string
  /** Why it is that one. */
  readonly deviceReason: string
  readonly load: Load
  /** Fits and loaded models swapped in so far; 0 = untrained. */
  readonly version: number
  /** What runs now; null before the first fit. */
  readonly fitted: SegmentModel | null
  readonly training: Training
  /** Calls back when `training`, `version` or `device` changes; returns the function that stops it. */
  onChange(listener: () => void): () => void
  /**
   * Puts a fitted model in the place of the present one, between two readings. Streams whose key is a channel of it take
   * that channel's unit and season, others the season that all channels have; a fit that is under way comes to nothing.
   * The GRU earns its weights among the experts anew, unless it is the one that runs. It stays as it is, since it knows
   * more than the streams have shown; the GRU that learns on begins with its weights.
   * @param skill what it was worth on data that it had not seen, as 1 − MAE / MAE of naive: above 0 the GRU begins with
   * more weight; null: not known
   * @throws RangeError when it has another horizon, or weights that do not fit its shape or are not finite
   */
  adopt(model: SegmentModel, skill: number | null): void
  /** Opens streams on this model. @throws RangeError naming an impossible option and its value */
  streams(options?: StreamsOptions): Streams
  /** Settles when all readings taken so far have their results and a snapshot of their streams holds all states. */
  settle(): Promise<void>
  /** Weights and progress of learning as a tree of JSON values and typed arrays. */
  snapshot(): SnapshotTree
  /** @throws Error when the snapshot is of another version or shape. */
  restore(snapshot: SnapshotTree): void
  /** Detaches all streams, lets them answer what they have taken, and ends the worker. Idempotent. */
  close(): Promise<void>
}

/** What snapshots are made of. */
export type SnapshotTree =
  | null
  | boolean
  | number
  | string
  | Float32Array
  | Float64Array
  | Int16Array
  | Int32Array
  | Uint16Array
  | Uint8Array
  | readonly SnapshotTree[]
  | { readonly [name: string]: SnapshotTree }
