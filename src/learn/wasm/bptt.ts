import { layout } from '../../engine/layout.ts'
import { directions, type GruSpec, stateSize } from '../../engine/spec.ts'
import type { WasmBuild } from '../../engine/wasm/module.ts'
import { type Bptt, type Gradients, holds, wholeNumber } from '../bptt.ts'
import { createArena, paddedCols, paddedRows } from './arena.ts'
import { type Box, read, write } from './boxes.ts'
import { placeCell } from './cell.ts'
import { createWasmLayer, type WasmLayer } from './layer.ts'
import { createLinear, dense, type Matrix, repeated } from './linear.ts'
import { clip, createOptimiser, type OptimiserOptions } from './optimiser.ts'
import { createPlaces } from './places.ts'
import { createWeights } from './weights.ts'

/** Backpropagation through time whose weights, gradients and optimiser are in the memory of the kernels. */
export interface WasmBptt extends Bptt<Float32Array> {
  /** A copy of the weights, packed. */
  weights(): Float32Array
  /** Puts others in their place; the optimiser's moments stay. */
  load(weights: ArrayLike<number>): void
  /**
   * Scales the gradients so that their 2-norm is at most about `maxNorm`, as PyTorch's `clip_grad_norm_`. Returns the
   * norm before; one that is not finite tells that the step should be skipped.
   */
  clip(maxNorm: number): number
  /** Changes the weights by the gradients of the last run. `learningRate` may vary from step to step. */
  step(learningRate?: number): void
}

export interface WasmBpttOptions {
  readonly batch: number
  readonly time: number
  /** @default Adam with PyTorch's defaults */
  readonly optimiser?: OptimiserOptions
  /** @default the fastest that this runtime accepts */
  readonly build?: WasmBuild
}

/**
 * Opens backpropagation through time (Werbos 1990) in WebAssembly, float32: the same as `createBptt` for all layers,
 * directions and the projection of `spec`, with the same result, bit for bit, whenever it is asked the same.
 *
 * The gradients of weights and inputs are computed or copied when they are first read: before `clip` and `step`.
 * @param weights packed as `engine/layout.ts` says; copied
 * @throws RangeError when the gates are not sigmoids, the number of weights does not fit, or batch or time is not a
 * whole number above 0; Error when this runtime does not accept the build
 */
export function createWasmBptt(
  spec: GruSpec,
  weights: ArrayLike<number>,
  options: WasmBpttOptions,
): WasmBptt {
  const { batch, time, optimiser: optimiserOptions = { kind: 'adam' }, build } = options
  const { cells, head, size } = layout(spec)
  holds('weights', weights, size)
  wholeNumber('batch', batch)
  wholeNumber('time', time)
  const D = directions(spec)
  const H = spec.hiddenSize
  const features = spec.outputSize || D * H

  const places = createPlaces()
  const placed = cells.map((cell) => ({
    layout: cell,
    places: placeCell(places, spec, cell, cell.layer === 0 ? 1 : D),
  }))
  const headW = head ? places.matrix([{ from: head.W }], spec.outputSize, H, D) : -1
  const headB = head ? places.vector([{ from: head.b }], spec.outputSize) : -1

  const arena = createArena(build)
  const parameters = createWeights(arena, places)
  const optimiser = createOptimiser(arena, parameters, optimiserOptions)
  const batchRows = paddedRows(batch)
  const rows = time * batchRows
  const inputs = paddedCols(spec.inputSize)
  const matrix = (cols: number): Matrix => dense(arena.take(rows * cols), cols)
  const input = matrix(inputs)
  const dInput = matrix(inputs)
  const layers: WasmLayer[] = []
  for (let l = 0; l < spec.layers; l++) {
    const below = l === 0 ? input : layers[l - 1].out
    const own = placed.slice(l * D, (l + 1) * D)
    layers.push(createWasmLayer(arena, parameters, spec, own, { batch: batchRows, time, input: below }))
  }
  const top = layers[spec.layers - 1]
  const outputs = paddedCols(spec.outputSize)
  const projection = head ? createLinear(arena, parameters, headW, outputs, top.width) : null
  const y = projection ? matrix(outputs) : top.out
  const dy = projection ? matrix(outputs) : top.dOut
  const zeros = repeated(arena.take(Math.max(top.width, outputs)))

  const ends = layers.flatMap((layer) => layer.ends)
  const sequences = (at: Matrix, cols: number, groups = 1): Box => ({
    at,
    batch,
    time,
    batchRows,
    cols,
    groups,
  })
  const states = (at: Matrix): Box => ({ at, batch, time: 1, batchRows, cols: H, groups: 1 })
  const inputBox = sequences(input, spec.inputSize)
  const dInputBox = sequences(dInput, spec.inputSize)
  const yBox = projection ? sequences(y, spec.outputSize) : sequences(y, H, D)
  const dyBox = { ...yBox, at: dy }
  const firsts = ends.map(({ first }) => states(first))
  const lasts = ends.map(({ last }) => states(last))
  const dhs = ends.map(({ dh }) => states(dh))

  const noStates = new Float32Array(stateSize(spec) * batch)
  const found = { y: new Float32Array(batch * time * features), hn: noStates.slice() }
  const wanted = { y: found.y.slice(), hn: noStates.slice() }
  const gradients = { weights: new Float32Array(size), x: new Float32Array(batch * time * spec.inputSize) }
  const h0Gradient = noStates.slice()
  let loaded = Float32Array.from(weights)
  let packed = false
  parameters.load(loaded)

  function pack(): void {
    for (const layer of layers) layer.pack()
    projection?.pack()
    packed = true
  }

  function forward(): void {
    for (const layer of layers) layer.forward()
    projection?.forward(rows, top.out, repeated(parameters.value(headB)), y)
  }

  function backward(): void {
    if (projection) {
      projection.gradient(rows, dy, top.out)
      arena.kernels.addColumnSums(rows, outputs, dy.at, dy.stride, parameters.grad(headB))
      projection.backward(rows, dy, zeros, top.dOut)
    }
    for (let l = spec.layers - 1; l >= 0; l--) {
      layers[l].backward()
      if (l > 0) layers[l].inputGradients(layers[l - 1].dOut)
    }
  }

  return {
    run(x, h0, loss) {
      holds('x', x, gradients.x.length)
      if (h0) holds('h0', h0, noStates.length)
      if (!packed) pack()
      write(arena, [inputBox], x)
      write(arena, firsts, h0 ?? noStates)
      forward()
      read(arena, [yBox], found.y)
      read(arena, lasts, found.hn)

      wanted.y.fill(0)
      wanted.hn.fill(0)
      const value = loss(found, wanted)
      write(arena, [dyBox], wanted.y)
      write(arena, dhs, wanted.hn)
      parameters.clear()
      backward()
      read(arena, dhs, h0Gradient)
      return lazily(value)
    },
    weights: () => parameters.save(loaded.slice()),
    load(others) {
      holds('weights', others, size)
      loaded = Float32Array.from(others)
      parameters.load(loaded)
      packed = false
    },
    clip: (maxNorm) => clip(arena, parameters, maxNorm),
    step(learningRate) {
      optimiser.step(learningRate)
      packed = false
    },
  }

  /** What few ask for is done when it is asked for. */
  function lazily(loss: number): Gradients<Float32Array> {
    return {
      loss,
      y: found.y,
      hn: found.hn,
      h0: h0Gradient,
      get weights() {
        return parameters.gradients(gradients.weights)
      },
      get x() {
        layers[0].inputGradients(dInput)
        return read(arena, [dInputBox], gradients.x)
      },
    }
  }
}
