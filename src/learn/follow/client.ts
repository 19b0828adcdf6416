import { extname } from 'node:path'
import { pack } from '../parcel.ts'
import type { SegmentModel } from '../segment/types.ts'
import { type FollowThread, startFollowThread } from './thread.ts'
import type { Learned, NewSteps } from './types.ts'

/** A copy of a model that learns on in a thread beside the caller's. */
export interface Follower {
  /** Gives it new steps of a stream; they are copied at the call. */
  push(steps: NewSteps): void
  /**
   * Asks for so many updates from what it was given before. Rejected when its thread throws, dies, runs out of memory or
   * does not answer, and once it is closed: then it is of no more use.
   */
  learn(updates: number): Promise<Learned>
  /** Ends it; settles when its thread is gone, if it was the last one there. Idempotent. */
  close(): Promise<void>
}

/** @param seed of what is replayed when */
export type OpenFollower = (model: SegmentModel, seed: number) => Follower

const OWN_WORKER = new URL(`./worker${extname(import.meta.url)}`, import.meta.url)
const CLOSED = 'the follower is closed'

/** The followers of the process share a thread: their updates are short, and they have the time of seconds for each. */
let shared: FollowThread | null = null
let numbers = 0

/** Opens a follower of a model. @throws Error when no thread can be started */
export const openFollower: OpenFollower = (model, seed) => {
  if (!shared?.alive) shared = startFollowThread(OWN_WORKER)
  const thread = shared
  const follower = ++numbers
  let closing: Promise<void> | undefined
  thread.join(follower)
  const { content, buffers } = pack({ type: 'open', follower, model, seed } as const)
  thread.send(content, buffers)

  return {
    push(steps) {
      if (closing) return
      const { content, buffers } = pack({ type: 'take', follower, steps } as const)
      thread.send(content, buffers)
    },
    async learn(updates) {
      if (closing) throw new Error(CLOSED)
      return thread.learn(follower, updates)
    },
    close() {
      closing ??= thread.leave(follower, new Error(CLOSED))
      return closing
    },
  }
}
