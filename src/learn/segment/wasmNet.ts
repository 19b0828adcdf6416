import { layout } from '../../engine/layout.ts'
import type { WasmBuild } from '../../engine/wasm/module.ts'
import { type Arena, createArena, paddedCols } from '../wasm/arena.ts'
import { createWasmCell, placeCell, type WasmCell } from '../wasm/cell.ts'
import { createLinear, dense, type Linear, type Matrix, repeated } from '../wasm/linear.ts'
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
  readonly head: BiasedLinear
  /** Position inputs, one row a block, and their gradients. */
  readonly positions: Matrix
  readonly dPositions: Matrix
  /** Padded sizes of a row of features, of a state, and of the part of a forecast that is one block. */
  readonly features: number
  readonly hidden: number
  readonly segment: number
  /** A copy of the weights, packed as `net.ts` says. */
  save(): Float32Array
  /** To be called after each change of the weights in memory. */
  pack(): void
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
  const { segment, hiddenSize: d } = spec
  const places = createPlaces()
  const gru = placeCell(places, net.gru, layout(net.gru).cells[0], 1)
  const encoderW = places.matrix([{ from: net.encoderW }], d, net.features)
  const encoderB = places.vector([{ from: net.encoderB }], d)
  const position = places.matrix([{ from: net.position }], net.blocks, d)
  const outW = places.matrix([{ from: net.outW }], segment, d)
  const outB = places.vector([{ from: net.outB }], segment)

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
  const head = biased(outW, outB, part, hidden)
  const pack = (): void => {
    for (const product of [cell, encoder.linear, head.linear]) product.pack()
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
    positions: dense(weights.value(position), hidden),
    dPositions: dense(weights.grad(position), hidden),
    features,
    hidden,
    segment: part,
    save: () => weights.save(new Float32Array(net.size)),
    pack,
  }
}
