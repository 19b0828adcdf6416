import { layout } from '../../engine/layout.ts'
import { type GruSpec, gruSpec } from '../../engine/spec.ts'
import type { SegmentSpec } from './types.ts'

/**
 * Where the parts of a segment net lie in its packed weights.
 *
 * The net: z = ReLU(We·f + be); h = GRU(z, h) on the state of the reading's phase; block m of stream c is decoded by
 * one step of the same GRU from h on [p_m ∥ e_c], both learned: y. Then ŷ = x_t + s·(Wo·y + bo), and the interval of
 * 90 % reaches s·softplus(Wq·y + bq) down and up from ŷ. Segment-wise recurrence and parallel decoding follow SegRNN
 * (Lin et al. 2023, arXiv:2308.11200).
 */
export interface NetLayout {
  readonly gru: GruSpec
  /** Inputs of the encoder: see `features.ts`. */
  readonly features: number
  /** Decoded blocks, ⌈horizon / segment⌉. */
  readonly blocks: number
  /** Width of a position and of a channel's embedding, half the hidden size. */
  readonly half: number
  /** The GRU's own packed weights start at 0. */
  readonly encoderW: number
  readonly encoderB: number
  /** Positions [blocks][half]. */
  readonly position: number
  /** Embeddings [channels][half]. */
  readonly channel: number
  /** Output weights [segment][hiddenSize], shared by all blocks. */
  readonly outW: number
  readonly outB: number
  /** Of the interval: lower sides, then upper ones [2 · segment][hiddenSize]. */
  readonly sideW: number
  readonly sideB: number
  readonly size: number
}

/** Offsets of every part of the packed weights of `spec`. */
export function netLayout(spec: SegmentSpec): NetLayout {
  const { segment, horizon, hiddenSize, channels } = spec
  const gru = gruSpec({ inputSize: hiddenSize, hiddenSize })
  const features = featureCount(spec)
  const blocks = Math.ceil(horizon / segment)
  const half = hiddenSize / 2
  let offset = layout(gru).size
  const take = (length: number): number => {
    offset += length
    return offset - length
  }
  const encoderW = take(hiddenSize * features)
  const encoderB = take(hiddenSize)
  const position = take(blocks * half)
  const channel = take(channels * half)
  const outW = take(segment * hiddenSize)
  const outB = take(segment)
  const sideW = take(2 * segment * hiddenSize)
  const sideB = take(2 * segment)
  return {
    gru,
    features,
    blocks,
    half,
    encoderW,
    encoderB,
    position,
    channel,
    outW,
    outB,
    sideW,
    sideB,
    size: offset,
  }
}

/** Inputs of the encoder: the segment, its change, and the change over a season. */
export function featureCount({ segment, seasonal }: Pick<SegmentSpec, 'segment' | 'seasonal'>): number {
  return segment + (seasonal ? 2 : 1)
}
