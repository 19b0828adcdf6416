import { layout } from '../../engine/layout.ts'
import { type GruSpec, gruSpec } from '../../engine/spec.ts'
import type { SegmentSpec } from './types.ts'

/**
 * Where the parts of a segment net lie in its packed weights.
 *
 * The net: z = ReLU(We·f + be); h = GRU(z, h) on the state of the reading's phase; block m is decoded by one step
 * of the same GRU from h on the learned position p_m, and ŷ = x_t + s·(Wo·y_m + bo). Segment-wise recurrence and
 * parallel decoding follow SegRNN (Lin et al. 2023, arXiv:2308.11200).
 */
export interface NetLayout {
  readonly gru: GruSpec
  /** Inputs of the encoder: see `features.ts`. */
  readonly features: number
  /** Decoded blocks, ⌈horizon / segment⌉. */
  readonly blocks: number
  /** The GRU's own packed weights start at 0. */
  readonly encoderW: number
  readonly encoderB: number
  /** Position inputs [blocks][hiddenSize]. */
  readonly position: number
  /** Output weights [segment][hiddenSize], shared by all blocks. */
  readonly outW: number
  readonly outB: number
  readonly size: number
}

/** Offsets of every part of the packed weights of `spec`. */
export function netLayout(spec: SegmentSpec): NetLayout {
  const { segment, horizon, hiddenSize } = spec
  const gru = gruSpec({ inputSize: hiddenSize, hiddenSize })
  const features = featureCount(spec)
  const blocks = Math.ceil(horizon / segment)
  let offset = layout(gru).size
  const take = (length: number): number => {
    offset += length
    return offset - length
  }
  const encoderW = take(hiddenSize * features)
  const encoderB = take(hiddenSize)
  const position = take(blocks * hiddenSize)
  const outW = take(segment * hiddenSize)
  const outB = take(segment)
  return { gru, features, blocks, encoderW, encoderB, position, outW, outB, size: offset }
}

/** Inputs of the encoder: the segment, its change, the change over a season, and what followed a season ago. */
export function featureCount(spec: SegmentSpec): number {
  return spec.segment + 2 + spec.horizon
}
