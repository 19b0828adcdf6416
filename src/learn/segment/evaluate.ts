import { paddedRows } from '../wasm/arena.ts'
import { dense } from '../wasm/linear.ts'
import type { SplitSeries } from './data.ts'
import { createDecoder } from './decoder.ts'
import { writeFeatures } from './features.ts'
import { createRecurrence } from './recurrence.ts'
import type { SegmentSpec } from './types.ts'
import type { WasmNet } from './wasmNet.ts'

/** Rows evaluated together, as far as there is no state to be waited for. */
const ROWS = 256

/** States of every series under the current weights, and errors on the tails. */
export interface Evaluation {
  /** Of each series [n][padded hidden size]. */
  readonly states: readonly Float32Array[]
  /** Mean absolute errors over tails, in units of each stream's scale; NaN without a tail. */
  readonly loss: number
  readonly naive: number
  /** 1 − loss / naive of each series; NaN without a tail. */
  readonly skills: Float64Array
}

interface Tail {
  error: number
  naive: number
  count: number
}

/** Features of every origin of one series, `width` values a row, the rest 0. */
export function allFeatures(spec: SegmentSpec, width: number, series: SplitSeries): Float32Array {
  const { values, scale, lag } = series
  const features = new Float32Array(values.length * width)
  for (let t = 0; t < values.length; t++) writeFeatures(spec, values, 0, t, scale, lag, features, t * width)
  return features
}

/** Makes what runs the net over every series from a zero state: w phases side by side, segment after segment. */
export function createEvaluator(
  spec: SegmentSpec,
  net: WasmNet,
  all: readonly SplitSeries[],
  features: readonly Float32Array[],
): () => Evaluation {
  const states = all.map(({ values }) => new Float32Array(values.length * net.hidden))
  const run = createRun(spec, net)
  const errors = createErrors(spec, net)
  return () => {
    all.forEach((_, i) => {
      run(features[i], states[i])
    })
    const tails = all.map((series, i) => errors(series, states[i]))
    const sum = (of: (tail: Tail) => number): number => tails.reduce((total, tail) => total + of(tail), 0)
    const count = sum((tail) => tail.count)
    return {
      states,
      loss: sum(({ error }) => error) / count,
      naive: sum(({ naive }) => naive) / count,
      skills: Float64Array.from(tails, ({ error, naive }) => 1 - error / naive),
    }
  }
}

/** Writes the states of a series. */
function createRun(
  { segment: w }: SegmentSpec,
  net: WasmNet,
): (features: Float32Array, states: Float32Array) => void {
  const { arena, features: inputs, hidden: d } = net
  const lanes = paddedRows(w)
  const steps = Math.max(1, Math.floor(ROWS / lanes))
  const { x, h, forward } = createRecurrence(net, steps, lanes)
  return (features, states) => {
    const xs = arena.view(x.at, steps * lanes * inputs)
    const hs = arena.view(h.at, (steps + 1) * lanes * d)
    const n = states.length / d
    hs.fill(0, 0, lanes * d)
    for (let t = 0; t < n; t += steps * w) {
      for (let k = 0; k < steps; k++) {
        xs.set(features.subarray((t + k * w) * inputs, (t + (k + 1) * w) * inputs), k * lanes * inputs)
      }
      forward()
      for (let k = 0; k < steps && t + k * w < n; k++) {
        const rows = Math.min(w, n - t - k * w)
        const from = (k + 1) * lanes * d
        states.set(hs.subarray(from, from + rows * d), (t + k * w) * d)
      }
      hs.copyWithin(0, steps * lanes * d)
    }
  }
}

/** Sums up the errors on the tail of a series. */
function createErrors(
  { segment, horizon }: SegmentSpec,
  net: WasmNet,
): (series: SplitSeries, states: Float32Array) => Tail {
  const { arena, hidden: d, segment: part } = net
  const decoder = createDecoder(net, ROWS)
  const h = dense(arena.take(ROWS * d), d)
  return ({ values, observed, scale, tailStart, tailEnd }, states) => {
    const sums = { error: 0, naive: 0, count: 0 }
    const hs = arena.view(h.at, ROWS * d)
    const out = arena.view(decoder.out.at, decoder.size)
    for (let first = tailStart; first < tailEnd; first += ROWS) {
      const rows = Math.min(ROWS, tailEnd - first)
      hs.set(states.subarray(first * d, (first + rows) * d))
      decoder.forward(h)
      for (let row = 0; row < rows; row++) {
        const t = first + row
        if (observed[t] === 0) continue
        for (let ahead = 1; ahead <= horizon; ahead++) {
          if (observed[t + ahead] === 0) continue
          const block = Math.floor((ahead - 1) / segment)
          const change = (values[t + ahead] - values[t]) / scale
          const at = (block * ROWS + row) * part + ahead - 1 - block * segment
          sums.error += Math.abs(out[at] - change)
          sums.naive += Math.abs(change)
          sums.count++
        }
      }
    }
    return sums
  }
}
