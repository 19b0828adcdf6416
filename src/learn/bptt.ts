import { layout } from '../engine/layout.ts'
import { directions, type GruSpec, stateSize } from '../engine/spec.ts'
import { type BpttLayer, createLayer } from './bptt-layer.ts'
import { createDense } from './dense.ts'

/** float64 in JavaScript, float32 in WebAssembly. */
type Numbers = Float64Array | Float32Array

/** What a network gave for a batch of sequences. */
export interface Output<T extends Numbers = Numbers> {
  /** [batch][time][features]: the projection where there is one, else the last layer's states. */
  readonly y: T
  /** Final states [layer · directions][batch][H], layer by layer, forward before reverse. */
  readonly hn: T
}

/**
 * Returns the loss of an output and writes its gradients; `gradient.y` and `gradient.hn` come filled with zeros.
 */
export type Loss = (output: Output, gradient: Output) => number

/** Loss and gradients of one run. The arrays belong to the {@link Bptt} and are overwritten by its next run. */
export interface Gradients<T extends Numbers = Numbers> extends Output<T> {
  readonly loss: number
  /** By the weights, packed as they are. */
  readonly weights: T
  /** By the inputs, [batch][time][inputSize]. */
  readonly x: T
  /** By the initial states, laid out as `hn`. */
  readonly h0: T
}

/** Backpropagation through time for one network and one size of batch. */
export interface Bptt<T extends Numbers = Numbers> {
  /**
   * @param x inputs [batch][time][inputSize]
   * @param h0 initial states, laid out as `hn`; null: zeros. The last run's `hn` continues its sequences: the state
   * is carried and the gradient ends there, which makes the run one chunk of truncated backpropagation.
   */
  run(x: Numbers, h0: Numbers | null, loss: Loss): Gradients<T>
}

/**
 * Opens backpropagation through time (Werbos 1990) on packed weights, float64, for all layers, directions and the
 * projection of `spec`. The weights are read at every run; an optimiser may change them in between.
 * @param weights packed as `engine/layout.ts` says
 * @throws RangeError when the number of weights does not fit, or batch or time is not a whole number above 0
 */
export function createBptt(
  spec: GruSpec,
  weights: Float64Array,
  { batch, time }: { readonly batch: number; readonly time: number },
): Bptt<Float64Array> {
  const { cells, head, size } = layout(spec)
  holds('weights', weights, size)
  wholeNumber('batch', batch)
  wholeNumber('time', time)
  const D = directions(spec)
  const rows = batch * time
  const states = D * spec.hiddenSize
  const features = spec.outputSize || states
  const grads = new Float64Array(size)

  const input = new Float64Array(rows * spec.inputSize)
  const layers: BpttLayer[] = []
  for (let l = 0; l < spec.layers; l++) {
    const below = l === 0 ? input : layers[l - 1].out
    layers.push(
      createLayer(spec, cells.slice(l * D, (l + 1) * D), weights, grads, { batch, time, input: below }),
    )
  }
  const top = layers[spec.layers - 1]
  const dense =
    head && createDense({ inputs: states, outputs: features, W: head.W, b: head.b }, weights, grads)
  const projected = dense ? new Float64Array(rows * features) : top.out
  const dProjected = dense ? new Float64Array(rows * features) : top.dOut

  const perLayer = D * batch * spec.hiddenSize
  const hn = new Float64Array(stateSize(spec) * batch)
  const dhn = new Float64Array(hn.length)
  const zeros = new Float64Array(hn.length)
  const y = new Float64Array(rows * features)
  const dy = new Float64Array(y.length)
  const dInput = new Float64Array(input.length)
  const dx = new Float64Array(input.length)
  const part = (array: Float64Array, l: number): Float64Array =>
    array.subarray(l * perLayer, (l + 1) * perLayer)

  return {
    run(x, h0, loss) {
      holds('x', x, input.length)
      if (h0) holds('h0', h0, hn.length)
      exchange(x, input, batch, time, spec.inputSize)
      const start = h0 ? Float64Array.from(h0) : zeros
      layers.forEach((layer, l) => {
        layer.forward(part(start, l), part(hn, l))
      })
      dense?.forward(top.out, projected, rows)
      exchange(projected, y, time, batch, features)

      grads.fill(0)
      dy.fill(0)
      dhn.fill(0)
      const value = loss({ y, hn }, { y: dy, hn: dhn })
      exchange(dy, dProjected, batch, time, features)
      dense?.backward(top.out, dProjected, top.dOut, rows)
      // dhn becomes the gradient by h0, layer by layer from the top.
      for (let l = spec.layers - 1; l >= 0; l--)
        layers[l].backward(part(dhn, l), l > 0 ? layers[l - 1].dOut : dInput)
      exchange(dInput, dx, time, batch, spec.inputSize)
      return { loss: value, y, hn, weights: grads, x: dx, h0: dhn }
    },
  }
}

/** Writes [a][b][size] as [b][a][size]. */
function exchange(from: Numbers, to: Float64Array, a: number, b: number, size: number): void {
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      const source = (i * b + j) * size
      const target = (j * a + i) * size
      for (let k = 0; k < size; k++) to[target + k] = from[source + k]
    }
  }
}

/** @throws RangeError naming the array when it has another length */
export function holds(name: string, array: ArrayLike<number>, length: number): void {
  if (array.length !== length) throw new RangeError(`${name} must hold ${length} values, got ${array.length}`)
}

/** @throws RangeError naming the value when it is no whole number above 0 */
export function wholeNumber(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) {
    throw new RangeError(`${name} must be a whole number above 0, got ${value}`)
  }
}
