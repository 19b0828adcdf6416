import { layout } from '../engine/layout.ts'
import { createModel, type Model } from '../engine/model.ts'
import type { GruSpec } from '../engine/spec.ts'

/** Weights of one layer in one direction, gates stacked r, z, n on rows; biases as many as `spec.biases` says. */
export interface CellWeights {
  /** Input weights [3H][inputSize]. */
  readonly W: Float32Array
  /** Recurrent weights [3H][H]. */
  readonly U: Float32Array
  /** Input biases [3H]. */
  readonly b?: Float32Array
  /** Recurrent biases [3H]. */
  readonly c?: Float32Array
}

export interface HeadWeights {
  /** [outputSize][directions · H]. */
  readonly W: Float32Array
  /** [outputSize]; without one it is zero. */
  readonly b?: Float32Array
}

/**
 * Packs weights into a model, `cells` in the order of `layout(spec).cells`.
 * @throws RangeError when a length does not fit the specification or a weight is not finite
 */
export function assemble(spec: GruSpec, cells: readonly CellWeights[], head?: HeadWeights): Model {
  const places = layout(spec)
  const weights = new Float32Array(places.size)
  const H = spec.hiddenSize
  const put = (name: string, values: Float32Array | undefined, at: number, length: number): void => {
    if (values === undefined && at < 0) return
    if (values?.length !== length || at < 0) {
      throw new RangeError(`${name} must hold ${at < 0 ? 0 : length} values, got ${values?.length ?? 0}`)
    }
    weights.set(values, at)
  }
  places.cells.forEach(({ inputSize, W, U, b, c }, i) => {
    const cell = cells[i]
    put('input weights', cell?.W, W, 3 * H * inputSize)
    put('recurrent weights', cell?.U, U, 3 * H * H)
    put('input biases', cell?.b, b, 3 * H)
    put('recurrent biases', cell?.c, c, 3 * H)
  })
  if (places.head) {
    put('head weights', head?.W, places.head.W, places.head.b - places.head.W)
    if (head?.b) put('head biases', head.b, places.head.b, spec.outputSize)
  }
  return createModel(spec, weights)
}

/** The transpose of a matrix [rows][columns]. */
export function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(values.length)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++)
      result[column * rows + row] = values[row * columns + column]
  }
  return result
}

/** Gates stacked z, r, n on rows (ONNX, Keras) as r, z, n, or the other way round. */
export function swapGates(values: Float32Array): Float32Array {
  return swapGatesInPlace(values.slice())
}

/** As {@link swapGates}, of numbers that nothing else holds. */
export function swapGatesInPlace(values: Float32Array): Float32Array {
  const gate = values.length / 3
  for (let i = 0; i < gate; i++) {
    const first = values[i]
    values[i] = values[gate + i]
    values[gate + i] = first
  }
  return values
}

/** Arrays one after another. */
export function concat(parts: readonly Float32Array[]): Float32Array {
  const result = new Float32Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    result.set(part, at)
    at += part.length
  }
  return result
}
