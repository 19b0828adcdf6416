import type { DeviceStepper } from './types.ts'

/** What is left of a batch's weight after the next. */
const DECAY = 0.95

/** Averages over the last batches, the newest counting most. */
export interface Load {
  readonly now: DeviceStepper['load']
  /** So many rows have come together. */
  came(rows: number): void
  /** So many rows have taken so long. */
  took(rows: number, milliseconds: number): void
}

export function createLoad(): Load {
  let rows = 0
  let squares = 0
  let done = 0
  let time = 0
  return {
    get now() {
      // Weighted by rows: the size of the batch that a reading finds itself in.
      return { batch: rows && squares / rows, microseconds: done && (1000 * time) / done }
    },
    came(n) {
      rows = DECAY * rows + n
      squares = DECAY * squares + n * n
    },
    took(n, milliseconds) {
      done = DECAY * done + n
      time = DECAY * time + milliseconds
    },
  }
}
