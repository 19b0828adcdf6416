import type { Failure } from '../protocol.ts'
import type { SegmentModel } from '../segment/types.ts'
import type { Learned, NewSteps } from './types.ts'

/** To the thread, which does one after the other. */
export type FollowRequest =
  | { readonly type: 'open'; readonly follower: number; readonly model: SegmentModel; readonly seed: number }
  | { readonly type: 'take'; readonly follower: number; readonly steps: NewSteps }
  | { readonly type: 'learn'; readonly follower: number; readonly id: number; readonly updates: number }
  | { readonly type: 'close'; readonly follower: number }

/** From the thread: one for each `learn`, with its `id`. */
export type FollowReply =
  | { readonly type: 'learned'; readonly id: number; readonly learned: Learned }
  | { readonly type: 'failed'; readonly id: number; readonly error: Failure }
