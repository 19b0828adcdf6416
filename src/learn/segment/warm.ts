import { netLayout } from './net.ts'
import type { Channel, SegmentModel, SegmentSpec } from './types.ts'

/**
 * Weights of a fitted model for a net of the same shape whose channels may be others: they are matched by key, and new
 * ones get the mean embedding. null where there is no model or its shape is another.
 */
export function carriedOver(
  model: SegmentModel | null,
  spec: SegmentSpec,
  channels: readonly Channel[],
): Float32Array | null {
  if (!model || !sameShape(model.spec, spec)) return null
  const from = netLayout(model.spec)
  const to = netLayout(spec)
  const { half } = to
  const weights = new Float32Array(to.size)
  weights.set(model.weights.subarray(0, from.channel))
  weights.set(model.weights.subarray(from.outW), to.outW)
  const rows = new Map(model.channels.map(({ key }, row) => [key, row]))
  const mean = meanEmbedding(model)
  for (const [i, { key }] of channels.entries()) {
    const row = rows.get(key)
    const at = from.channel + (row ?? 0) * half
    weights.set(row === undefined ? mean : model.weights.subarray(at, at + half), to.channel + i * half)
  }
  return weights
}

/** What stands for a stream that has no embedding of its own: the mean of all, zeros if there are none. */
export function meanEmbedding({ spec, weights }: SegmentModel): Float32Array {
  const { channel, half } = netLayout(spec)
  const mean = new Float32Array(half)
  for (let c = 0; c < spec.channels; c++) {
    for (let j = 0; j < half; j++) mean[j] += weights[channel + c * half + j]
  }
  return spec.channels > 0 ? mean.map((sum) => sum / spec.channels) : mean
}

function sameShape(a: SegmentSpec, b: SegmentSpec): boolean {
  return (
    a.segment === b.segment &&
    a.horizon === b.horizon &&
    a.hiddenSize === b.hiddenSize &&
    a.seasonal === b.seasonal &&
    a.scale === b.scale
  )
}
