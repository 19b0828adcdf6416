import type { Stepper } from '../stepper.ts'
import { answer, refuse } from './answer.ts'
import type { Batch, Work } from './plan.ts'
import type { Shape } from './size.ts'
import { carryOut } from './standby.ts'

/** Work of WASM, less than a second where there is a GPU, after which states are fetched rather than computed again. */
const REPLAY_FLOP = 8e9
/** Values of 4 bytes that are kept for replaying, 16 MiB; the batch that goes beyond it has 32 MiB at most. */
const REPLAY_VALUES = 2 ** 22
/** What a batch and each of its parts cost beside their numbers, in values: some 1 KiB and 256 bytes as measured. */
const BATCH_VALUES = 256
const PART_VALUES = 64

/** The batches that the GPU was given since the host last had a copy of all states. */
export interface Journal {
  readonly empty: boolean
  /** Whether keeping it takes much memory, or computing all of it again would take long. */
  readonly heavy: boolean
  add(batch: Batch): void
  /** The batch added last has been answered. */
  answered(): void
  /** The lanes that have changed, in order. */
  changed(lanes: number): Int32Array
  /** Computes all of it again on states as they were at its begin, and answers what was not. Empties the journal. */
  replay(standby: Stepper, shape: Shape): void
  clear(): void
}

/** @param flop of one row */
export function createJournal(flop: number): Journal {
  const works: Work[] = []
  /** The last of them, until it is answered. */
  let open: Batch | undefined
  let rows = 0
  let values = 0

  function clear(): void {
    works.length = 0
    open = undefined
    rows = values = 0
  }

  return {
    get empty() {
      return works.length === 0
    },
    get heavy() {
      return rows * flop > REPLAY_FLOP || values > REPLAY_VALUES
    },
    add(batch) {
      open = batch
      // The rest of the batch is needed until it is answered, and no longer.
      const { parts, inputs, from, to } = batch
      works.push({ parts, rows: batch.rows, inputs, from, to })
      rows += batch.rows
      values += BATCH_VALUES + inputs.length + from.length + to.length
      for (const part of parts) {
        values += PART_VALUES
        if (part.kind === 'write' || part.kind === 'read') values += part.lanes.length
        if (part.kind === 'write') values += part.states.length
      }
    },
    answered() {
      open = undefined
    },
    changed(lanes) {
      const marks = new Uint8Array(lanes)
      for (const { parts, to } of works) {
        for (const lane of to) if (lane >= 0) marks[lane] = 1
        for (const part of parts) {
          if (part.kind === 'write') for (const lane of part.lanes) marks[lane] = 1
          else if (part.kind === 'copy') marks[part.to] = 1
        }
      }
      const changed: number[] = []
      marks.forEach((mark, lane) => {
        if (mark) changed.push(lane)
      })
      return Int32Array.from(changed)
    },
    replay(standby, shape) {
      works.forEach((work, i) => {
        const waiting = i === works.length - 1 ? open : undefined
        try {
          const results = carryOut(standby, work, shape)
          if (waiting) answer(waiting, results, shape)
        } catch (error) {
          if (waiting) refuse(waiting, error)
        }
      })
      clear()
    },
    clear,
  }
}
