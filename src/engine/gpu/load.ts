import type { RowsOperation } from './operation.ts'
import type { DeviceStepper } from './types.ts'

/** What is left of a batch's weight after the next. */
const DECAY = 0.95

/** Averages over the last batches, the newest counting most. */
export interface Load {
  readonly now: DeviceStepper['load']
  /** Rows are asked for, of a pool of so many lanes. */
  asked(operation: RowsOperation, lanes: number): void
  /** What has been asked for since the last time has come together. @returns whether that is anything */
  together(): boolean
  /** So many rows have taken so long. */
  took(rows: number, milliseconds: number): void
}

export function createLoad(): Load {
  let rows = 0
  let squares = 0
  let done = 0
  let time = 0
  /** Steps that can be computed at once: of one lane that is one, however many it takes. */
  let arrived = 0
  /** In which round each lane has come last. */
  let seen = new Uint32Array(0)
  let round = 1
  return {
    get now() {
      // Weighted by rows: the size of the batch that a step finds itself in.
      return { batch: rows && squares / rows, microseconds: done && (1000 * time) / done }
    },
    asked({ kind, lanes }, pool) {
      if (kind === 'ahead') {
        arrived += lanes.length
        return
      }
      if (seen.length < pool) {
        const old = seen
        seen = new Uint32Array(pool)
        seen.set(old)
      }
      for (let i = 0; i < lanes.length; i++) {
        if (seen[lanes[i]] === round) continue
        seen[lanes[i]] = round
        arrived++
      }
    },
    together() {
      if (arrived === 0) return false
      rows = DECAY * rows + arrived
      squares = DECAY * squares + arrived * arrived
      arrived = 0
      round = (round + 1) >>> 0
      return true
    },
    took(n, milliseconds) {
      done = DECAY * done + n
      time = DECAY * time + milliseconds
    },
  }
}
