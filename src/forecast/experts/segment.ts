import { layout } from '../../engine/layout.ts'
import { createModel, type Model } from '../../engine/model.ts'
import { writeFeatures } from '../../learn/segment/features.ts'
import { netLayout } from '../../learn/segment/net.ts'
import type { SegmentModel, SegmentSpec } from '../../learn/segment/types.ts'
import { checkSegmentModel } from './check.ts'

/** Numbers in memory that receive what is decoded. */
type Numbers = Float32Array | Float64Array

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
   * Writes ŷ − x_t for each step of the horizon from `at` on, computed in float64.
   * @param hidden outputs of the GRU [row][hiddenSize]
   * @param row the forecast's first block
   * @param scale unit of changes at the forecast's origin
   */
  decode(hidden: Float32Array, row: number, scale: number, changes: Numbers, at: number): void
  /** As `decode`, how far the interval of 90 % reaches below and above ŷ at each step: never negative. */
  decodeSides(
    hidden: Float32Array,
    row: number,
    scale: number,
    below: Numbers,
    above: Numbers,
    at: number,
  ): void
}

/** @throws RangeError when the model's weights or channels do not fit its shape or are not finite */
export function openSegment(model: SegmentModel): Segment {
  checkSegmentModel(model)
  const { spec, weights } = model
  const { segment, horizon, hiddenSize, channels } = spec
  const net = netLayout(spec)
  const { blocks, half } = net
  const part = (from: number, length: number): Float64Array =>
    Float64Array.from(weights.subarray(from, from + length))
  const encoderW = part(net.encoderW, hiddenSize * net.features)
  const encoderB = part(net.encoderB, hiddenSize)
  const positions = weights.slice(net.position, net.position + blocks * half)
  const embeddings = weights.slice(net.channel, net.channel + channels * half)
  const mean = meanRow(embeddings, channels, half)
  const outW = part(net.outW, segment * hiddenSize)
  const outB = part(net.outB, segment)
  const sideW = part(net.sideW, 2 * segment * hiddenSize)
  const sideB = part(net.sideB, 2 * segment)
  const numbers = new Map(model.channels.map(({ key }, i) => [key, i]))
  const features = new Float64Array(net.features)

  /** A row of weights times the output of the block that step `h` is in. */
  const project = (w: Float64Array, unit: number, hidden: Float32Array, row: number, h: number): number => {
    const from = (row + Math.floor(h / segment)) * hiddenSize
    let sum = 0
    for (let j = 0; j < hiddenSize; j++) sum += w[unit * hiddenSize + j] * hidden[from + j]
    return sum
  }

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
    decode(hidden, row, scale, changes, at) {
      for (let h = 0; h < horizon; h++) {
        const unit = h % segment
        changes[at + h] = scale * (outB[unit] + project(outW, unit, hidden, row, h))
      }
    },
    decodeSides(hidden, row, scale, below, above, at) {
      for (let h = 0; h < horizon; h++) {
        const down = h % segment
        const up = segment + down
        below[at + h] = scale * softplus(sideB[down] + project(sideW, down, hidden, row, h))
        above[at + h] = scale * softplus(sideB[up] + project(sideW, up, hidden, row, h))
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
