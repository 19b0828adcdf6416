import type { SegmentModel } from '../segment/types.ts'

/** Steps of a stream's grid that a follower has not seen, oldest first. */
export interface NewSteps {
  /** Of the stream: what comes under the same number is its next values. */
  readonly stream: number
  readonly key: string
  readonly values: Float64Array
  /** 1 where a reading was observed, 0 where the grid filled it in. */
  readonly observed: Uint8Array
  /** Whether they do not follow those that it has seen. */
  readonly restarted: boolean
  /** Standard deviation of the stream, > 0, where the model has no channel of it. */
  readonly unit: number
  /** Grid steps of the stream's regular pattern, 0 = none, where the model has no channel of it. */
  readonly season: number
}

/** What a net that learns on has become. */
export interface Learned {
  readonly model: SegmentModel
  /** Updates made. */
  readonly updates: number
  /** Milliseconds that they took. */
  readonly milliseconds: number
  /** Times that it went back to older weights. */
  readonly rolledBack: number
}
