import { layout } from '../../engine/layout.ts'
import { createDense } from '../dense.ts'
import { createCell, type GruCell } from '../gru-cell.ts'
import { type NetLayout, netLayout } from './net.ts'
import type { SegmentSpec } from './types.ts'

/** Forward and backward of a segment net over batches, in float64. Matrices are row-major. */
export interface SegmentNet {
  readonly layout: NetLayout
  readonly cell: GruCell
  /** z[rows][d] = ReLU(We·f + be) of features[rows][n]. */
  encode(features: Float64Array, z: Float64Array, rows: number): void
  /** Takes the gradient of z back to the encoder; `dz` is overwritten. */
  encodeBack(features: Float64Array, z: Float64Array, dz: Float64Array, rows: number): void
  /** A decoder for `rows` states at a time; its buffers are its own. */
  decoder(rows: number): Decoder
}

/** Decodes states into changes ŷ − x_t in units of the scale. */
export interface Decoder {
  /** [rows][blocks·segment]: only the first `horizon` columns are forecasts. */
  readonly out: Float64Array
  /** Gradient of `out`, to be filled in before {@link Decoder.backward}. */
  readonly dOut: Float64Array
  forward(h: Float64Array): void
  /** Writes the gradient of the states to `dh`[rows][d] and adds those of the weights. */
  backward(dh: Float64Array): void
}

/** Opens a net on packed weights and gradients, read and written in place. */
export function createSegmentNet(spec: SegmentSpec, weights: Float64Array, grads: Float64Array): SegmentNet {
  const net = netLayout(spec)
  const { segment, hiddenSize: d } = spec
  const { blocks, features, position } = net
  const cell = createCell(net.gru, layout(net.gru).cells[0], weights, grads)
  const encoder = createDense(
    { inputs: features, outputs: d, W: net.encoderW, b: net.encoderB },
    weights,
    grads,
  )
  const head = createDense({ inputs: d, outputs: segment, W: net.outW, b: net.outB }, weights, grads)

  const decoder = (rows: number): Decoder => {
    const buffer = (width: number): Float64Array => new Float64Array(rows * width)
    const parts = Array.from({ length: blocks }, () => ({
      cache: cell.cache(rows),
      input: buffer(d),
      state: buffer(d),
    }))
    const part = buffer(segment)
    const dState = buffer(d)
    const dInput = buffer(d)
    const dPrev = buffer(d)
    const width = blocks * segment
    const out = buffer(width)
    const dOut = buffer(width)
    return {
      out,
      dOut,
      forward(h) {
        for (const [m, { cache, input, state }] of parts.entries()) {
          const place = position + m * d
          for (let row = 0; row < rows; row++) input.set(weights.subarray(place, place + d), row * d)
          cell.forward(input, h, state, cache)
          head.forward(state, part, rows)
          for (let row = 0; row < rows; row++) {
            out.set(part.subarray(row * segment, (row + 1) * segment), row * width + m * segment)
          }
        }
      },
      backward(dh) {
        dh.fill(0)
        for (const [m, { cache, state }] of parts.entries()) {
          for (let row = 0; row < rows; row++) {
            const from = row * width + m * segment
            part.set(dOut.subarray(from, from + segment), row * segment)
          }
          head.backward(state, part, dState, rows)
          cell.backward(cache, dState, dInput, dPrev)
          for (let i = 0; i < dh.length; i++) dh[i] += dPrev[i]
          for (let row = 0; row < rows; row++) {
            for (let j = 0; j < d; j++) grads[position + m * d + j] += dInput[row * d + j]
          }
        }
      },
    }
  }

  return {
    layout: net,
    cell,
    encode(f, z, rows) {
      encoder.forward(f, z, rows)
      for (let i = 0; i < rows * d; i++) if (z[i] < 0) z[i] = 0
    },
    encodeBack(f, z, dz, rows) {
      for (let i = 0; i < rows * d; i++) if (z[i] <= 0) dz[i] = 0
      encoder.backward(f, dz, null, rows)
    },
    decoder,
  }
}
