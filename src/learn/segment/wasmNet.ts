import { layout } from '../../engine/layout.ts'
import type { WasmBuild } from '../../engine/wasm/module.ts'
import { type Arena, createArena, paddedCols } from '../wasm/arena.ts'
import { createWasmCell, placeCell, type WasmCell } from '../wasm/cell.ts'
import { createLinear, type Linear, type Matrix, repeated } from '../wasm/linear.ts'
import { createPlaces } from '../wasm/places.ts'
import { createWeights, type Weights } from '../wasm/weights.ts'
import { type NetLayout, netLayout } from './net.ts'
import type { SegmentSpec } from './types.ts'

/** A segment net in the memory of the kernels, float32; what runs it is in `recurrence.ts` and `decoder.ts`. */
export interface WasmNet {
  readonly layout: NetLayout
  readonly arena: Arena
  readonly weights: Weights
  readonly cell: WasmCell
  readonly encoder: BiasedLinear
  /** Outputs of a block, then of its lower and upper sides, each padded to `segment`. */
  readonly head: BiasedLinear
  /** Positions, one row a block, and embeddings, one row a channel. */
  readonly positions: Embedding
  readonly channels: Embedding
  /** Padded sizes of a row of features, of a state, and of the part of a forecast that is one block. */
  readonly features: number
  readonly hidden: number
  readonly segment: number
  /** A copy of the weights, packed as `net.ts` says. */
  save(): Float32Array
  /** To be called after each change of the weights in memory. */
  pack(): void
}

/** Learned inputs, one a row. */
export interface Embedding {
  readonly rows: number
  readonly cols: number
  /** Values from one row to the next. */
  readonly stride: number
  /** Views of the values and their gradients; valid until the memory grows. */
  values(): Float32Array
  gradients(): Float32Array
}

/** y = w·x + b over rows. */
export interface BiasedLinear {
  readonly linear: Linear
  readonly bias: Matrix
  /** Address of the bias' gradient. */
  readonly dBias: number
}

/** Opens a net whose cell takes at most `maxRows` rows, padded, in one step. */
export function createWasmNet(
  spec: SegmentSpec,
  packed: ArrayLike<number>,
  maxRows: number,
  build?: WasmBuild,
): WasmNet {
  const net = netLayout(spec)
  const { segment, hiddenSize: d, channels } = spec
  const places = createPlaces()
  const gru = placeCell(places, net.gru, layout(net.gru).cells[0], 1)
  const encoderW = places.matrix([{ from: net.encoderW }], d, net.features)
  const encoderB = places.vector([{ from: net.encoderB }], d)
  const position = places.matrix([{ from: net.position }], net.blocks, net.half)
  const channel = channels > 0 ? places.matrix([{ from: net.channel }], channels, net.half) : -1
  const parts = (mean: number, sides: number, size: number) =>
    [mean, sides, sides + size].map((from) => ({ from }))
  const outW = places.matrix(parts(net.outW, net.sideW, segment * d), segment, d)
  const outB = places.vector(parts(net.outB, net.sideB, segment), segment)

  const arena = createArena(build)
  const weights = createWeights(arena, places)
  const [features, hidden, part] = [net.features, d, segment].map(paddedCols)
  const biased = (W: number, b: number, outputs: number, inputs: number): BiasedLinear => ({
    linear: createLinear(arena, weights, W, outputs, inputs),
    bias: repeated(weights.value(b)),
    dBias: weights.grad(b),
  })
  const cell = createWasmCell(arena, weights, net.gru, gru, maxRows)
  const encoder = biased(encoderW, encoderB, hidden, features)
  const head = biased(outW, outB, 3 * part, hidden)
  const pack = (): void => {
    for (const product of [cell, encoder.linear, head.linear]) product.pack()
  }
  const embedding = (at: number, rows: number): Embedding => {
    const stride = paddedCols(net.half)
    return {
      rows,
      cols: net.half,
      stride,
      values: () => arena.view(weights.value(at), rows * stride),
      gradients: () => arena.view(weights.grad(at), rows * stride),
    }
  }
  weights.load(packed)
  pack()
  return {
    layout: net,
    arena,
    weights,
    cell,
    encoder,
    head,
    positions: embedding(position, net.blocks),
    channels: embedding(Math.max(channel, 0), channels),
    features,
    hidden,
    segment: part,
    save: () => weights.save(new Float32Array(net.size)),
    pack,
  }
}
