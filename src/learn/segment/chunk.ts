import type { Random } from '../../engine/random.ts'
import { BYTES, paddedRows } from '../wasm/arena.ts'
import { from } from '../wasm/linear.ts'
import type { SplitSeries } from './data.ts'
import { UNKNOWN } from './decodeInputs.ts'
import { createDecoder } from './decoder.ts'
import { writeFeatures } from './features.ts'
import { createRecurrence } from './recurrence.ts'
import type { SegmentSpec } from './types.ts'
import type { WasmNet } from './wasmNet.ts'

/** Segments of one chunk, through which gradients flow. */
const CHUNK = 8
/** Origins of one update. */
const BATCH = 256
/** Chunks that are run before, without gradients, so that states are those of a stream that has long been going on. */
const WARM = 4
/** Share of the lanes that go without the embedding of their stream, so that the mean one is learned too. */
const WITHOUT = 0.1
/** Limits of the interval that is learned: 5 % of the truths beyond each. */
const SIDE_TAIL = 0.05
/** Of the interval's loss against that of the point forecast. */
const SIDE_WEIGHT = 2
/** The largest float32. */
const LARGEST = 3.4028234663852886e38

/** Draws a batch of chunks, runs it forward and backward, adds its gradients and returns its mean absolute error, in units. */
export type Chunk = (random: Random) => number

/** Steps and lanes of one batch: as many segments as the longest series has, up to {@link CHUNK}. */
export function chunkSize(segment: number, all: readonly SplitSeries[]): { steps: number; lanes: number } {
  const longest = Math.max(...all.map(({ trainEnd }) => trainEnd))
  const steps = Math.max(1, Math.min(CHUNK, Math.floor(longest / segment)))
  return { steps, lanes: Math.floor(BATCH / steps) }
}

/**
 * Opens truncated back-propagation through the training parts of series, each lane one phase of one of them.
 * @param scales units of their changes at every step
 */
export function createChunk(
  spec: SegmentSpec,
  net: WasmNet,
  all: readonly SplitSeries[],
  scales: readonly Float64Array[],
): Chunk {
  const { segment, horizon, channels } = spec
  const { arena, features: inputs, hidden: d, segment: part } = net
  const { steps, lanes } = chunkSize(segment, all)
  const laneRows = paddedRows(lanes)
  const rows = steps * laneRows
  const origins = all.reduce((sum, { trainEnd }) => sum + trainEnd, 0)
  const recurrence = createRecurrence(net, steps, laneRows)
  const decoder = createDecoder(net, steps, laneRows)
  const size = decoder.rows * part
  const targetsAt = arena.take(size)
  const sharesAt = arena.take(size)
  const states = from(recurrence.h, laneRows)
  const drawn = new Int32Array(lanes)
  const starts = new Int32Array(lanes)
  /** Padding lanes have no stream. */
  const channelOf = new Int32Array(laneRows).fill(UNKNOWN)

  /** Every row is equally likely. */
  const draw = (lane: number, random: Random): void => {
    let at = random.integer(0, origins)
    let s = 0
    while (at >= all[s].trainEnd) at -= all[s++].trainEnd
    drawn[lane] = s
    starts[lane] = at
    const known = channels > 0 && random.uniform() >= WITHOUT
    channelOf[lane] = known ? s : UNKNOWN
  }

  /** Features of the chunk that begins so many chunks before that of each lane. */
  const load = (before: number): void => {
    const x = arena.view(recurrence.x.at, rows * inputs)
    for (let lane = 0; lane < lanes; lane++) {
      const { values, season, trainEnd } = all[drawn[lane]]
      const scale = scales[drawn[lane]]
      for (let k = 0; k < steps; k++) {
        const wanted = starts[lane] + (k - before * steps) * segment
        // Past the training part the chunk repeats its last origin; its loss is masked.
        const t = Math.min(Math.max(wanted, 0), trainEnd - 1)
        writeFeatures(spec, values, 0, t, scale[t], season, x, (k * laneRows + lane) * inputs)
      }
    }
  }

  /** Brings all lanes to where their chunks begin; before the start of a series the state is zero. */
  const warm = (): void => {
    arena.view(recurrence.h.at, laneRows * d).fill(0)
    for (let before = WARM; before > 0; before--) {
      load(before)
      recurrence.forward()
      // The states after the last step are those that the next chunk starts from.
      const states = arena.view(recurrence.h.at, (rows + laneRows) * d).copyWithin(0, rows * d)
      for (let lane = 0; lane < lanes; lane++) {
        if (starts[lane] < before * steps * segment) states.fill(0, lane * d, (lane + 1) * d)
      }
    }
  }

  /** Writes all targets, with the same share in the loss for each that was observed and none for others. */
  const loadTargets = (): void => {
    const targets = arena.view(targetsAt, size)
    const shares = arena.view(sharesAt, size)
    targets.fill(0)
    shares.fill(0)
    let count = 0
    for (let k = 0; k < steps; k++) {
      for (let lane = 0; lane < lanes; lane++) {
        const { values, observed, unit, trainEnd } = all[drawn[lane]]
        const t = starts[lane] + k * segment
        // Live, no forecast is issued at a filled-in step.
        if (t >= trainEnd || observed[t] === 0) continue
        const scale = scales[drawn[lane]][t]
        const last = Math.min(horizon, trainEnd - 1 - t)
        for (let ahead = 1; ahead <= last; ahead++) {
          if (observed[t + ahead] === 0) continue
          const block = Math.floor((ahead - 1) / segment)
          const at = (block * rows + k * laneRows + lane) * part + ahead - 1 - block * segment
          const change = (values[t + ahead] - values[t]) / scale
          // A sentinel of a sensor may be beyond float32, where it would be infinite.
          targets[at] = Math.min(Math.max(change, -LARGEST), LARGEST)
          shares[at] = scale / unit
          count++
        }
      }
    }
    if (count > 0) arena.kernels.scale(size, sharesAt, 1 / count)
  }

  return (random) => {
    for (let lane = 0; lane < lanes; lane++) draw(lane, random)
    warm()
    load(0)
    loadTargets()
    recurrence.forward()
    decoder.forward(states, channelOf, random)
    const { out } = decoder
    const loss = arena.kernels.intervalError(
      decoder.rows,
      part * BYTES,
      out.at,
      out.stride,
      targetsAt,
      sharesAt,
      SIDE_TAIL,
      SIDE_WEIGHT,
      out.at,
    )
    decoder.backward(states, recurrence.dh, channelOf)
    recurrence.backward()
    return loss
  }
}
