import { BYTES } from '../wasm/arena.ts'
import type { Decoder } from './decoder.ts'
import type { SegmentSpec } from './types.ts'
import type { WasmNet } from './wasmNet.ts'

/** Limits of the interval that is learned: 5 % of the truths beyond each. */
const SIDE_TAIL = 0.05
/** Of the interval's loss against that of the point forecast. */
const SIDE_WEIGHT = 2
/** The largest float32. */
const LARGEST = 3.4028234663852886e38

/** Where an origin is: one of a series' values, which are known before `end`. */
export interface Origin {
  readonly values: Float64Array
  /** 1 where a reading was observed, 0 where the grid filled it in. */
  readonly observed: Uint8Array
  readonly t: number
  readonly end: number
  /** Unit of changes at the origin. */
  readonly scale: number
  /** Unit of the series. */
  readonly unit: number
}

/** Mean absolute errors in units of each series; NaN without any target. */
export interface Errors {
  readonly net: number
  /** Of the value at the origin. */
  readonly naive: number
}

/** What a decoder's outputs are to be, and how much each counts in the loss. */
export interface Targets {
  /** Forgets all of them. */
  clear(): void
  /** Writes those of one row of states: all that were observed count alike, those that are unknown or filled in do not. */
  write(row: number, origin: Origin): void
  /** How far the outputs are from the targets of some rows, to be asked before {@link Targets.loss}. */
  compare(rows: Iterable<number>): Errors
  /** The mean absolute error, in units; the outputs become the gradient of the loss. */
  loss(): number
}

/** Opens the targets of a decoder of so many rows of states. */
export function createTargets(
  { segment, horizon }: SegmentSpec,
  { arena, segment: part }: WasmNet,
  { out, rows: decoded }: Decoder,
  rows: number,
): Targets {
  const { kernels } = arena
  const size = decoded * part
  const targetsAt = arena.take(size)
  const sharesAt = arena.take(size)
  const blocks = decoded / rows
  let count = 0

  return {
    clear() {
      arena.view(targetsAt, size).fill(0)
      arena.view(sharesAt, size).fill(0)
      count = 0
    },
    write(row, { values, observed, t, end, scale, unit }) {
      // Live, no forecast is issued at a filled-in step.
      if (observed[t] === 0) return
      const targets = arena.view(targetsAt, size)
      const shares = arena.view(sharesAt, size)
      const last = Math.min(horizon, end - 1 - t)
      for (let ahead = 1; ahead <= last; ahead++) {
        if (observed[t + ahead] === 0) continue
        const block = Math.floor((ahead - 1) / segment)
        const at = (block * rows + row) * part + ahead - 1 - block * segment
        const change = (values[t + ahead] - values[t]) / scale
        // A sentinel of a sensor may be beyond float32, where it would be infinite.
        targets[at] = Math.min(Math.max(change, -LARGEST), LARGEST)
        shares[at] = scale / unit
        count++
      }
    },
    compare(some) {
      const outputs = arena.view(out.at, (decoded * out.stride) / BYTES)
      const targets = arena.view(targetsAt, size)
      const shares = arena.view(sharesAt, size)
      let net = 0
      let naive = 0
      let compared = 0
      for (const row of some) {
        for (let block = 0; block < blocks; block++) {
          const at = (block * rows + row) * part
          const from = ((block * rows + row) * out.stride) / BYTES
          for (let i = 0; i < part; i++) {
            const share = shares[at + i]
            if (share === 0) continue
            net += share * Math.abs(outputs[from + i] - targets[at + i])
            naive += share * Math.abs(targets[at + i])
            compared++
          }
        }
      }
      return { net: net / compared, naive: naive / compared }
    },
    loss() {
      if (count > 0) kernels.scale(size, sharesAt, 1 / count)
      return kernels.intervalError(
        decoded,
        part * BYTES,
        out.at,
        out.stride,
        targetsAt,
        sharesAt,
        SIDE_TAIL,
        SIDE_WEIGHT,
        out.at,
      )
    },
  }
}
