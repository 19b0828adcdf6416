import { netLayout } from './net.ts'
import type { Channel, SegmentModel, SegmentSpec } from './types.ts'

/** Most channels of a model that has learned on. */
const MOST_CHANNELS = 4096

/**
 * Weights of a fitted model for a net of the same shape whose channels may be others: they are matched by key, and new
 * ones get the mean embedding. null where there is no model or its shape is another.
 */
export function carriedOver(
  model: SegmentModel | null,
  spec: SegmentSpec,
  channels: readonly Pick<Channel, 'key'>[],
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

/**
 * A model that went on from `start`, with those of its channels that were not taught behind those that were, in their
 * order: what was taught longest ago comes last, and is dropped beyond 4,096 channels. Without a start of the same shape
 * it is the model alone, since an embedding means nothing in another net.
 */
export function withOthers(model: SegmentModel, start: SegmentModel | null): SegmentModel {
  if (!start || !sameShape(start.spec, model.spec)) return model
  const taught = new Set(model.channels.map(({ key }) => key))
  const room = Math.max(0, MOST_CHANNELS - model.channels.length)
  const others = start.channels.filter(({ key }) => !taught.has(key)).slice(0, room)
  const channels = [...model.channels, ...others]
  const spec = { ...model.spec, channels: channels.length }
  const { channel, outW, size } = netLayout(spec)
  const own = netLayout(model.spec)
  const weights = new Float32Array(size)
  // Embeddings of the others as they were.
  weights.set(carriedOver(start, spec, channels)!.subarray(channel, outW), channel)
  weights.set(model.weights.subarray(0, own.outW))
  weights.set(model.weights.subarray(own.outW), outW)
  return { spec, weights, channels }
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

/** Whether two nets differ in their channels at most. */
export function sameShape(a: SegmentSpec, b: SegmentSpec): boolean {
  return (
    a.segment === b.segment &&
    a.horizon === b.horizon &&
    a.hiddenSize === b.hiddenSize &&
    a.seasonal === b.seasonal &&
    a.scale === b.scale
  )
}
