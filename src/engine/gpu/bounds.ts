import { checkFinite } from '../check.ts'
import { layout } from '../layout.ts'
import type { Model } from '../model.ts'

/** Largest sum that the gates may come to: far enough below the largest float32, 3.4e38, for any order of adding. */
const LARGEST_SUM = 1e37

/** The largest absolute values with which no sum of a model can overflow. */
export interface Bounds {
  readonly input: number
  readonly state: number
}

/**
 * Bounds from the weights' absolute row sums; undefined when the weights are so large that even states of ±1, which
 * every GRU comes to, could overflow.
 */
export function boundsOf({ spec, weights }: Model): Bounds | undefined {
  const { hiddenSize: H, outputSize } = spec
  const { cells, head } = layout(spec)
  /** The largest sum of absolute values in a row. */
  const norm = (at: number, rows: number, columns: number): number => {
    let largest = 0
    for (let row = 0; at >= 0 && row < rows; row++) {
      let sum = 0
      for (let i = 0; i < columns; i++) sum += Math.abs(weights[at + row * columns + i])
      largest = Math.max(largest, sum)
    }
    return largest
  }
  let inputs = 0
  let states = head ? norm(head.W, outputSize, H) : 0
  let biases = head ? norm(head.b, outputSize, 1) : 0
  for (const { layer, inputSize, W, U, b, c } of cells) {
    const below = norm(W, 3 * H, inputSize)
    if (layer === 0) inputs = below
    states = Math.max(states, norm(U, 3 * H, H) + (layer === 0 ? 0 : below))
    biases = Math.max(biases, norm(b, 3 * H, 1) + norm(c, 3 * H, 1))
  }
  // Half of what the biases leave for each of the two. Values that meet no weight must be float32 numbers still.
  const room = (LARGEST_SUM - biases) / 2
  const bounds = {
    input: Math.min(room / inputs, LARGEST_SUM),
    state: Math.min(room / states, LARGEST_SUM),
  }
  return room > 0 && bounds.state >= 1 ? bounds : undefined
}

/** @throws RangeError naming a value that is not finite, or larger than `bound` */
export function checkBounded(name: string, values: Float32Array, bound: number): void {
  for (let i = 0; i < values.length; i++) {
    if (Math.abs(values[i]) <= bound) continue
    checkFinite(name, values)
    throw new RangeError(
      `${name} must be within ±${bound.toPrecision(3)} for these weights, got ${values[i]} at index ${i}`,
    )
  }
}
