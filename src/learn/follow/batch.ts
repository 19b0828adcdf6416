import type { Random } from '../../engine/random.ts'
import { UNKNOWN } from '../segment/decodeInputs.ts'
import { createDecoder } from '../segment/decoder.ts'
import { writeFeatures } from '../segment/features.ts'
import { createRecurrence, type Recurrence } from '../segment/recurrence.ts'
import { createTargets, type Errors } from '../segment/targets.ts'
import type { SegmentSpec } from '../segment/types.ts'
import type { WasmNet } from '../segment/wasmNet.ts'
import { paddedRows } from '../wasm/arena.ts'
import { from } from '../wasm/linear.ts'
import type { Piece } from './past.ts'

/** Segments of one chunk, through which gradients flow. */
const CHUNK = 4
/** Segments before it that make the state it starts from: a net that is shown fewer forgets to look further back. */
const WARM_UP = 30
/** Share of the lanes that go without the embedding of their stream, so that the mean one is learned too. */
const WITHOUT = 0.1

/** The newest origin of a chunk. */
export interface Chosen {
  readonly piece: Piece
  readonly t: number
}

/** Runs chunks of pieces forward and backward, each from a state of its own. */
export interface Batch {
  /**
   * Adds the gradients of these chunks, at most as many as there are lanes.
   * @param judged so many of them, from the first on, are compared
   * @returns the mean absolute error of all, in units, and what was compared
   */
  run(
    chosen: readonly Chosen[],
    judged: number,
    random: Random,
  ): { readonly loss: number; readonly errors: Errors }
}

export function createBatch(spec: SegmentSpec, net: WasmNet, lanes: number): Batch {
  const { segment } = spec
  const { arena, features: inputs, hidden: d } = net
  const laneRows = paddedRows(lanes)
  const before = createRecurrence(net, WARM_UP, laneRows)
  const recurrence = createRecurrence(net, CHUNK, laneRows)
  const decoder = createDecoder(net, CHUNK, laneRows)
  const targets = createTargets(spec, net, decoder, CHUNK * laneRows)
  const states = from(recurrence.h, laneRows)
  /** Padding lanes have no stream. */
  const channelOf = new Int32Array(laneRows).fill(UNKNOWN)

  /** Writes features of steps `ago` segments and fewer before the newest origins. */
  const load = ({ x }: Recurrence, steps: number, ago: number, chosen: readonly Chosen[]): void => {
    const to = arena.view(x.at, steps * laneRows * inputs)
    for (const [lane, { piece, t: newest }] of chosen.entries()) {
      const { values, first, scales, season } = piece
      for (let k = 0; k < steps; k++) {
        const t = Math.max(newest - (ago - k) * segment, first)
        writeFeatures(spec, values, first, t, scales[t], season, to, (k * laneRows + lane) * inputs)
      }
    }
  }

  /** A stream that began in the meantime did so from zero. */
  const begin = (k: number, chosen: readonly Chosen[]): void => {
    const h = arena.view(from(before.h, (k + 1) * laneRows).at, laneRows * d)
    for (const [lane, { piece, t }] of chosen.entries()) {
      if (t - (WARM_UP + CHUNK - 1 - k) * segment < piece.first) h.fill(0, lane * d, (lane + 1) * d)
    }
  }

  const loadTargets = (chosen: readonly Chosen[]): void => {
    targets.clear()
    for (const [lane, { piece, t: newest }] of chosen.entries()) {
      const { values, observed, first, end, unit, scales } = piece
      for (let k = 0; k < CHUNK; k++) {
        const t = newest - (CHUNK - 1 - k) * segment
        if (t < first) continue
        targets.write(k * laneRows + lane, { values, observed, t, end, scale: scales[t], unit })
      }
    }
  }

  return {
    run(chosen, judged, random) {
      load(before, WARM_UP, WARM_UP + CHUNK - 1, chosen)
      load(recurrence, CHUNK, CHUNK - 1, chosen)
      loadTargets(chosen)
      for (const [lane, { piece }] of chosen.entries()) {
        channelOf[lane] = random.uniform() < WITHOUT ? UNKNOWN : piece.channel
      }
      before.forward((k) => begin(k, chosen))
      const last = arena.view(from(before.h, WARM_UP * laneRows).at, laneRows * d)
      arena.view(recurrence.h.at, laneRows * d).set(last)
      recurrence.forward()
      decoder.forward(states, channelOf, random)
      const rows = Array.from(
        { length: CHUNK * judged },
        (_, i) => Math.floor(i / judged) * laneRows + (i % judged),
      )
      const errors = targets.compare(rows)
      const loss = targets.loss()
      decoder.backward(states, recurrence.dh, channelOf)
      recurrence.backward()
      return { loss, errors }
    },
  }
}
