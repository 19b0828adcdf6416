import { paddedRows } from '../wasm/arena.ts'
import { dense } from '../wasm/linear.ts'
import type { SplitSeries } from './data.ts'
import { UNKNOWN } from './decodeInputs.ts'
import { createDecoder } from './decoder.ts'
import { writeFeatures } from './features.ts'
import { createRecurrence } from './recurrence.ts'
import type { SegmentSpec } from './types.ts'
import type { WasmNet } from './wasmNet.ts'

/** Rows evaluated together, as far as there is no state to be waited for. */
const ROWS = 256
/** Segments after which the past no longer matters (measured: a context of 30 is as good as an unbounded one). */
const CONTEXT = 30
/** Most origins of one evaluation; beyond, only some of the phases of a segment are evaluated. */
const ORIGINS = 131_072
/** Errors beyond so many units count as that, so that a sensor's sentinel does not decide which weights are the best. */
const WILD = 10

/** Errors on the held-back parts, in units of each stream; NaN without any. */
export interface Evaluation {
  /** Mean squared errors of the net and of the last value. */
  readonly loss: number
  readonly naiveLoss: number
  /** 1 − MAE / MAE of the last value, of each series; NaN where nothing of it is held back. */
  readonly skills: Float64Array
}

interface Sums {
  squares: number
  naiveSquares: number
  error: number
  naive: number
  count: number
}

/** Makes what judges a net by what was held back, each phase from {@link CONTEXT} segments before on. */
export function createEvaluator(
  spec: SegmentSpec,
  net: WasmNet,
  all: readonly SplitSeries[],
  scales: readonly Float64Array[],
): () => Evaluation {
  const origins = all.reduce((sum, { tailStart, tailEnd }) => sum + Math.max(0, tailEnd - tailStart), 0)
  const stride = Math.min(spec.segment, Math.max(1, Math.ceil(origins / ORIGINS)))
  const run = createRun(spec, net, stride)
  return () => {
    const tails = all.map((series, i) => run(series, scales[i], spec.channels > 0 ? i : UNKNOWN))
    const sum = (of: (tail: Sums) => number): number => tails.reduce((total, tail) => total + of(tail), 0)
    const count = sum((tail) => tail.count)
    return {
      loss: sum(({ squares }) => squares) / count,
      naiveLoss: sum(({ naiveSquares }) => naiveSquares) / count,
      skills: Float64Array.from(tails, ({ error, naive }) => 1 - error / naive),
    }
  }
}

/** Sums up the errors of a series, its phases side by side, segment after segment. */
function createRun(
  spec: SegmentSpec,
  net: WasmNet,
  stride: number,
): (series: SplitSeries, scale: Float64Array, channel: number) => Sums {
  const { segment: w, horizon } = spec
  const { arena, features: inputs, hidden: d, segment: part } = net
  const phases = Math.ceil(w / stride)
  const lanes = paddedRows(phases)
  const steps = Math.max(1, Math.floor(ROWS / lanes))
  const rows = steps * lanes
  const { x, h, forward } = createRecurrence(net, steps, lanes)
  const decoder = createDecoder(net, rows, 1)
  const states = dense(h.at + lanes * d * 4, d)

  return ({ values, observed, unit, season, tailStart, tailEnd }, scale, channel) => {
    const sums = { squares: 0, naiveSquares: 0, error: 0, naive: 0, count: 0 }
    if (tailEnd <= tailStart) return sums
    const xs = arena.view(x.at, rows * inputs)
    const hs = arena.view(h.at, (rows + lanes) * d)
    const out = arena.view(decoder.out.at, decoder.rows * 3 * part)
    hs.fill(0)
    const before = Math.min(CONTEXT, Math.floor(tailStart / w)) * w
    for (let first = tailStart - before; first < tailEnd; first += steps * w) {
      for (let k = 0; k < steps; k++) {
        for (let p = 0; p < phases; p++) {
          const t = Math.min(first + k * w + p * stride, values.length - 1)
          writeFeatures(spec, values, 0, t, scale[t], season, xs, (k * lanes + p) * inputs)
        }
      }
      forward()
      if (first + steps * w > tailStart) {
        decoder.forward(states, [channel])
        for (let row = 0; row < rows; row++) {
          const phase = row % lanes
          const t = first + Math.floor(row / lanes) * w + phase * stride
          if (phase < phases && t >= tailStart && t < tailEnd && observed[t] === 1) add(row, t)
        }
      }
      hs.copyWithin(0, rows * d)
    }
    return sums

    function add(row: number, t: number): void {
      const last = Math.min(horizon, values.length - 1 - t)
      for (let ahead = 1; ahead <= last; ahead++) {
        if (observed[t + ahead] === 0) continue
        const block = Math.floor((ahead - 1) / w)
        const at = (block * rows + row) * 3 * part + ahead - 1 - block * w
        const change = (values[t + ahead] - values[t]) / unit
        const error = Math.min(Math.abs((out[at] * scale[t]) / unit - change), WILD)
        const naive = Math.min(Math.abs(change), WILD)
        sums.squares += error * error
        sums.naiveSquares += naive * naive
        sums.error += error
        sums.naive += naive
        sums.count++
      }
    }
  }
}
