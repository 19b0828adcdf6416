import type { SegmentNet } from './batch.ts'
import type { SplitSeries } from './data.ts'
import { writeFeatures } from './features.ts'
import type { SegmentSpec } from './types.ts'

/** States [n][d] of every series under the current weights, and errors on the tails. */
export interface Evaluation {
  readonly states: readonly Float64Array[]
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

/** Features [n][features] of every origin of one series. */
export function allFeatures(spec: SegmentSpec, count: number, series: SplitSeries): Float64Array {
  const { values, scale, lag } = series
  const features = new Float64Array(values.length * count)
  for (let t = 0; t < values.length; t++) writeFeatures(spec, values, 0, t, scale, lag, features, t * count)
  return features
}

/** Runs the net over every series from a zero state: w phases side by side, one row of segments after the other. */
export function evaluate(
  spec: SegmentSpec,
  net: SegmentNet,
  all: readonly SplitSeries[],
  features: readonly Float64Array[],
): Evaluation {
  const states = all.map((series, i) => runStates(spec, net, series, features[i]))
  const tails = all.map((series, i) => tailErrors(spec, net, series, states[i]))
  const sum = (of: (tail: Tail) => number): number => tails.reduce((total, tail) => total + of(tail), 0)
  const count = sum((tail) => tail.count)
  return {
    states,
    loss: sum(({ error }) => error) / count,
    naive: sum(({ naive }) => naive) / count,
    skills: Float64Array.from(tails, ({ error, naive }) => 1 - error / naive),
  }
}

function runStates(
  spec: SegmentSpec,
  net: SegmentNet,
  series: SplitSeries,
  features: Float64Array,
): Float64Array {
  const { segment: w, hiddenSize: d } = spec
  const n = series.values.length
  const z = new Float64Array(n * d)
  net.encode(features, z, n)
  const states = new Float64Array(n * d)
  const cache = net.cell.cache(w)
  const last = net.cell.cache(n % w || w)
  let h: Float64Array = new Float64Array(w * d)
  for (let t = 0; t < n; t += w) {
    const rows = Math.min(w, n - t)
    const out = states.subarray(t * d, (t + rows) * d)
    net.cell.forward(
      z.subarray(t * d, (t + rows) * d),
      h.subarray(0, rows * d),
      out,
      rows === w ? cache : last,
    )
    h = out
  }
  return states
}

function tailErrors(
  { segment, horizon, hiddenSize: d }: SegmentSpec,
  net: SegmentNet,
  { values, observed, scale, tailStart, tailEnd }: SplitSeries,
  states: Float64Array,
): Tail {
  const sums = { error: 0, naive: 0, count: 0 }
  const rows = tailEnd - tailStart
  if (rows <= 0) return sums
  const decoder = net.decoder(rows)
  decoder.forward(states.subarray(tailStart * d, tailEnd * d))
  const width = net.layout.blocks * segment
  for (let row = 0; row < rows; row++) {
    const t = tailStart + row
    if (observed[t] === 0) continue
    for (let h = 1; h <= horizon; h++) {
      if (observed[t + h] === 0) continue
      const change = (values[t + h] - values[t]) / scale
      sums.error += Math.abs(decoder.out[row * width + h - 1] - change)
      sums.naive += Math.abs(change)
      sums.count++
    }
  }
  return sums
}
