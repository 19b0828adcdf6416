import type { Random } from '../../engine/random.ts'
import { paddedRows } from '../wasm/arena.ts'
import { from } from '../wasm/linear.ts'
import type { SplitSeries } from './data.ts'
import { createDecoder } from './decoder.ts'
import type { Evaluation } from './evaluate.ts'
import { createRecurrence } from './recurrence.ts'
import type { SegmentSpec } from './types.ts'
import type { WasmNet } from './wasmNet.ts'

/** Segments of one chunk, through which gradients flow. */
const CHUNK = 8
/** The largest float32. */
const LARGEST = 3.4028234663852886e38
/** Origins of one update. */
const BATCH = 256

/** Steps and lanes of one batch: as many segments as the longest series has, up to {@link CHUNK}. */
export function chunkSize(segment: number, all: readonly SplitSeries[]): { steps: number; lanes: number } {
  const longest = Math.max(...all.map(({ trainEnd }) => trainEnd))
  const steps = Math.max(1, Math.min(CHUNK, Math.floor(longest / segment)))
  return { steps, lanes: Math.floor(BATCH / steps) }
}

/** Draws a batch of chunks, runs it forward and backward, adds its gradients and returns its loss, L1 per target. */
export function createChunk(
  { segment, horizon }: SegmentSpec,
  net: WasmNet,
  all: readonly SplitSeries[],
  features: readonly Float32Array[],
  random: Random,
): (evaluation: Evaluation) => number {
  const { arena, features: inputs, hidden: d, segment: part } = net
  const { steps, lanes } = chunkSize(segment, all)
  const laneRows = paddedRows(lanes)
  const rows = steps * laneRows
  const origins = all.reduce((sum, { trainEnd }) => sum + trainEnd, 0)
  const recurrence = createRecurrence(net, steps, laneRows)
  const decoder = createDecoder(net, rows)
  const targetsAt = arena.take(decoder.size)
  const sharesAt = arena.take(decoder.size)
  const states = from(recurrence.h, laneRows)
  const drawn = new Int32Array(lanes)
  const starts = new Int32Array(lanes)

  /** Every training origin is equally likely to start a chunk. */
  const draw = (lane: number): void => {
    let at = random.integer(0, origins)
    let s = 0
    while (at >= all[s].trainEnd) at -= all[s++].trainEnd
    drawn[lane] = s
    starts[lane] = at
  }

  const load = ({ states }: Evaluation): void => {
    const x = arena.view(recurrence.x.at, rows * inputs)
    const starting = arena.view(recurrence.h.at, laneRows * d)
    for (let lane = 0; lane < lanes; lane++) {
      draw(lane)
      const s = drawn[lane]
      const before = starts[lane] - segment
      if (before >= 0) starting.set(states[s].subarray(before * d, (before + 1) * d), lane * d)
      else starting.fill(0, lane * d, (lane + 1) * d)
      for (let k = 0; k < steps; k++) {
        // Past the training part the chunk repeats its last origin; its loss is masked.
        const t = Math.min(starts[lane] + k * segment, all[s].values.length - 1)
        x.set(features[s].subarray(t * inputs, (t + 1) * inputs), (k * laneRows + lane) * inputs)
      }
    }
  }

  /** Writes all targets, with the same share in the loss for each that was observed and none for others. */
  const loadTargets = (): void => {
    const targets = arena.view(targetsAt, decoder.size)
    const shares = arena.view(sharesAt, decoder.size)
    targets.fill(0)
    shares.fill(0)
    let count = 0
    for (let k = 0; k < steps; k++) {
      for (let lane = 0; lane < lanes; lane++) {
        const { values, observed, scale, trainEnd } = all[drawn[lane]]
        const t = starts[lane] + k * segment
        // Live, no forecast is issued at a filled-in step.
        if (t >= trainEnd || observed[t] === 0) continue
        for (let ahead = 1; ahead <= horizon; ahead++) {
          if (observed[t + ahead] === 0) continue
          const block = Math.floor((ahead - 1) / segment)
          const at = (block * rows + k * laneRows + lane) * part + ahead - 1 - block * segment
          const change = (values[t + ahead] - values[t]) / scale
          // A sentinel of a sensor may be beyond float32, where it would be infinite.
          targets[at] = Math.min(Math.max(change, -LARGEST), LARGEST)
          shares[at] = 1
          count++
        }
      }
    }
    if (count > 0) arena.kernels.scale(decoder.size, sharesAt, 1 / count)
  }

  return (evaluation) => {
    load(evaluation)
    loadTargets()
    recurrence.forward()
    decoder.forward(states)
    const { out, dOut, size } = decoder
    const loss = arena.kernels.absoluteError(size, out.at, targetsAt, sharesAt, dOut.at)
    decoder.backward(states, recurrence.dh)
    recurrence.backward()
    return loss
  }
}
