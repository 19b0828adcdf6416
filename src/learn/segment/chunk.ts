import type { Random } from '../../engine/random.ts'
import { paddedRows } from '../wasm/arena.ts'
import { from } from '../wasm/linear.ts'
import type { SplitSeries } from './data.ts'
import { UNKNOWN } from './decodeInputs.ts'
import { createDecoder } from './decoder.ts'
import { writeFeatures } from './features.ts'
import { createRecurrence } from './recurrence.ts'
import { createTargets } from './targets.ts'
import type { SegmentSpec } from './types.ts'
import { createWalk, type WalkState } from './walk.ts'
import type { WasmNet } from './wasmNet.ts'

/** Segments of one chunk, through which gradients flow. */
const CHUNK = 4
/** Origins of one update. */
export const BATCH = 256
/** Walkers for each lane of a batch: so many chunks lie between two that follow each other. */
const WALKERS = 16
/** Share of the lanes that go without the embedding of their stream, so that the mean one is learned too. */
const WITHOUT = 0.1

/** Batches of chunks: each takes some walkers some segments on (truncated back-propagation through time). */
export interface Chunks extends WalkState {
  /** Runs the next batch forward and backward, adds its gradients and returns its mean absolute error, in units. */
  next(random: Random): number
}

/** Steps and lanes of one batch: as many segments as the longest series has, up to {@link CHUNK}. */
export function chunkSize(segment: number, all: readonly SplitSeries[]): { steps: number; lanes: number } {
  const longest = Math.max(...all.map(({ trainEnd }) => trainEnd))
  const steps = Math.max(1, Math.min(CHUNK, Math.floor(longest / segment)))
  return { steps, lanes: Math.floor(BATCH / steps) }
}

/**
 * Opens batches from the training parts of series.
 * @param scales units of their changes at every step
 */
export function createChunks(
  spec: SegmentSpec,
  net: WasmNet,
  all: readonly SplitSeries[],
  scales: readonly Float64Array[],
  random: Random,
): Chunks {
  const { segment, channels } = spec
  const { arena, features: inputs, hidden: d } = net
  const { steps, lanes } = chunkSize(segment, all)
  const laneRows = paddedRows(lanes)
  const rows = steps * laneRows
  const recurrence = createRecurrence(net, steps, laneRows)
  const decoder = createDecoder(net, steps, laneRows)
  const targets = createTargets(spec, net, decoder, rows)
  const states = from(recurrence.h, laneRows)
  const walk = createWalk(all, WALKERS * lanes, d, segment, random)
  const { places } = walk
  /** Padding lanes have no stream. */
  const channelOf = new Int32Array(laneRows).fill(UNKNOWN)

  const load = (chosen: Int32Array, random: Random): void => {
    const x = arena.view(recurrence.x.at, rows * inputs)
    const h = arena.view(recurrence.h.at, laneRows * d)
    for (const [lane, walker] of chosen.entries()) {
      walk.turnBack(walker, random)
      h.set(walk.states.subarray(walker * d, (walker + 1) * d), lane * d)
      const s = places[2 * walker]
      channelOf[lane] = channels > 0 && random.uniform() >= WITHOUT ? s : UNKNOWN
      const { values, season, trainEnd } = all[s]
      for (let k = 0; k < steps; k++) {
        // Past the training part the chunk repeats its last origin; its loss is masked.
        const t = Math.min(places[2 * walker + 1] + k * segment, trainEnd - 1)
        writeFeatures(spec, values, 0, t, scales[s][t], season, x, (k * laneRows + lane) * inputs)
      }
    }
  }

  const loadTargets = (chosen: Int32Array): void => {
    targets.clear()
    for (let k = 0; k < steps; k++) {
      for (const [lane, walker] of chosen.entries()) {
        const s = places[2 * walker]
        const { values, observed, unit, trainEnd } = all[s]
        const t = places[2 * walker + 1] + k * segment
        if (t >= trainEnd) continue
        targets.write(k * laneRows + lane, { values, observed, t, end: trainEnd, scale: scales[s][t], unit })
      }
    }
  }

  const walkOn = (chosen: Int32Array): void => {
    const after = arena.view(from(recurrence.h, rows).at, laneRows * d)
    for (const [lane, walker] of chosen.entries()) {
      walk.states.set(after.subarray(lane * d, (lane + 1) * d), walker * d)
      places[2 * walker + 1] += steps * segment
    }
  }

  return {
    places,
    states: walk.states,
    next(random) {
      const chosen = walk.choose(lanes, random)
      load(chosen, random)
      loadTargets(chosen)
      recurrence.forward()
      decoder.forward(states, channelOf, random)
      const loss = targets.loss()
      decoder.backward(states, recurrence.dh, channelOf)
      recurrence.backward()
      walkOn(chosen)
      return loss
    },
  }
}
