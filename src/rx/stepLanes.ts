import type { Stepper } from '../engine/stepper.ts'
import { createLanes } from './lanes.ts'

/** The first lane of the pool holds a copy to go back to. */
export const SPARE = 0
/** Growing costs little, because the states stay where they are. */
const GROWTH = 1.25

/** The lanes of a pool that streams hold. */
export interface StepLanes {
  /** The lane of a stream, in its first state when the stream is new, and which stream had to leave it. */
  of(key: string): { readonly lane: number; readonly evicted?: string }
  /** Frees the lane of one stream, or of all; returns how many there were. */
  forget(key?: string): number
}

export function createStepLanes(
  pool: Pick<Stepper, 'lanes' | 'grow' | 'restore'>,
  initial: Float32Array,
  maxStreams: number,
): StepLanes {
  const lanes = createLanes(maxStreams)
  return {
    of(key) {
      const { lane: place, fresh, evicted } = lanes.of(key)
      const lane = SPARE + 1 + place
      if (fresh) {
        try {
          if (lane >= pool.lanes) {
            pool.grow(Math.min(Math.ceil(GROWTH * pool.lanes), SPARE + 1 + maxStreams))
          }
          pool.restore(lane, initial)
        } catch (error) {
          lanes.forget(key)
          throw error
        }
      }
      return { lane, evicted }
    },
    forget: lanes.forget,
  }
}
