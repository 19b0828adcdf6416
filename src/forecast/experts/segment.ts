import { layout } from '../../engine/layout.ts'
import { createModel, type Model } from '../../engine/model.ts'
import { writeFeatures } from '../../learn/segment/features.ts'
import { netLayout } from '../../learn/segment/net.ts'
import type { SegmentModel, SegmentSpec } from '../../learn/segment/types.ts'
import { checkSegmentModel } from './check.ts'

type Numbers = Float32Array | Float64Array

/** What the net says of one reading, each [horizon]. */
export interface Decoded<T extends Numbers = Numbers> {
  /** ŷ − x_t. */
  readonly changes: T
  /** How far the net's own interval of 90 % reaches below and above ŷ, > 0. */
  readonly below: T
  readonly above: T
}

/**
 * A fitted segment net around its GRU: what goes into the GRU, and what its outputs mean.
 *
 * Each call is the arithmetic of one row and depends on no other row. The GRU's own rows do not either, so that readings
 * stepped one by one and whole chunks of them give the same forecasts bit for bit: both go through these functions.
 */
export interface Segment {
  readonly spec: SegmentSpec
  /** The GRU, whose inputs and outputs have `hiddenSize` numbers. */
  readonly gru: Model
  /** Rows that one forecast is decoded from, ⌈horizon / segment⌉. */
  readonly blocks: number
  /** Number of the embedding fitted for the stream `key`; −1: it has none. */
  channelOf(key: string): number
  /**
   * Writes the GRU's input of the reading `values[t]`: `hiddenSize` numbers from `at` on.
   * @param first index of the oldest usable value; nothing after `t` is read
   * @param scale unit of changes at `t`, > 0
   * @param season grid steps of the stream's regular pattern, 0 = none
   */
  encode(
    values: Float64Array,
    first: number,
    t: number,
    scale: number,
    season: number,
    out: Float32Array,
    at: number,
  ): void
  /**
   * Writes the GRU's inputs that decode all blocks, [blocks][hiddenSize] from `at` on: the block's position and the
   * channel's embedding; the mean of all embeddings for the channel −1, zeros where the net has none.
   */
  writeDecodeInputs(channel: number, out: Float32Array, at: number): void
  /**
   * Writes what the net says of a reading, computed in float64.
   * @param hidden outputs of the GRU [row][hiddenSize]
   * @param row the forecast's first block
   * @param scale unit of changes at the forecast's origin
   * @param unit of the stream; sides are at least 1e-9 of it, since errors are divided by them
   */
  decode(hidden: Float32Array, row: number, scale: number, unit: number, out: Decoded): void
}

/** Least reach of an interval in units of the stream. */
const LEAST_SIDE = 1e-9

/** @throws RangeError when the model's weights or channels do not fit its shape or are not finite */
export function openSegment(model: SegmentModel): Segment {
  checkSegmentModel(model)
  const { spec, weights } = model
  const { segment, horizon, hiddenSize, channels } = spec
  const net = netLayout(spec)
  const { blocks, half } = net
  const part = (from: number, length: number): Float64Array =>
    new Float64Array(weights.subarray(from, from + length))
  const encoderW = part(net.encoderW, hiddenSize * net.features)
  const encoderB = part(net.encoderB, hiddenSize)
  const positions = weights.slice(net.position, net.position + blocks * half)
  const embeddings = weights.slice(net.channel, net.channel + channels * half)
  const mean = meanRow(embeddings, channels, half)
  const meanW = part(net.outW, segment * hiddenSize)
  const meanB = part(net.outB, segment)
  const [belowW, aboveW] = [0, 1].map((side) =>
    part(net.sideW + side * segment * hiddenSize, segment * hiddenSize),
  )
  const [belowB, aboveB] = [0, 1].map((side) => part(net.sideB + side * segment, segment))
  const numbers = new Map(model.channels.map(({ key }, i) => [key, i]))
  const features = new Float64Array(net.features)

  return {
    spec,
    gru: createModel(net.gru, weights.slice(0, layout(net.gru).size)),
    blocks,
    channelOf: (key) => numbers.get(key) ?? -1,
    encode(values, first, t, scale, season, out, at) {
      writeFeatures(spec, values, first, t, scale, season, features, 0)
      for (let j = 0; j < hiddenSize; j++) {
        let sum = encoderB[j]
        const row = j * net.features
        for (let i = 0; i < net.features; i++) sum += encoderW[row + i] * features[i]
        out[at + j] = Math.max(sum, 0)
      }
    },
    writeDecodeInputs(channel, out, at) {
      const embedding = channel < 0 ? mean : embeddings.subarray(channel * half, (channel + 1) * half)
      for (let m = 0; m < blocks; m++) {
        const row = at + m * hiddenSize
        out.set(positions.subarray(m * half, (m + 1) * half), row)
        out.set(embedding, row + half)
      }
    },
    decode(hidden, row, scale, unit, { changes, below, above }) {
      const least = LEAST_SIDE * unit
      let block = row * hiddenSize
      for (let h = 0, step = 0; h < horizon; h++) {
        // All three outputs in one pass, four products a sum: the sum of each waits for the one before it.
        let mean = meanB[step]
        let down = belowB[step]
        let up = aboveB[step]
        const end = block + hiddenSize
        for (let j = block, w = step * hiddenSize; j < end; j += 4, w += 4) {
          const h0 = hidden[j]
          const h1 = hidden[j + 1]
          const h2 = hidden[j + 2]
          const h3 = hidden[j + 3]
          mean += meanW[w] * h0 + meanW[w + 1] * h1 + (meanW[w + 2] * h2 + meanW[w + 3] * h3)
          down += belowW[w] * h0 + belowW[w + 1] * h1 + (belowW[w + 2] * h2 + belowW[w + 3] * h3)
          up += aboveW[w] * h0 + aboveW[w + 1] * h1 + (aboveW[w + 2] * h2 + aboveW[w + 3] * h3)
        }
        changes[h] = scale * mean
        below[h] = Math.max(scale * softplus(down), least)
        above[h] = Math.max(scale * softplus(up), least)
        if (++step < segment) continue
        step = 0
        block = end
      }
    },
  }
}

/** Mean of the rows of a matrix; zeros where it has none. */
function meanRow(matrix: Float32Array, rows: number, width: number): Float32Array {
  const sum = new Float64Array(width)
  for (let i = 0; i < rows * width; i++) sum[i % width] += matrix[i]
  return Float32Array.from(sum, (v) => v / Math.max(rows, 1))
}

/** log(1 + exp x), without overflow. */
function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))
}
