import { addColumnSums, addProduct, rowMajor, transposed } from './matmul.ts'

/** A linear layer y = W·x + b over a batch. Matrices are row-major, float64, one row a sample. */
export interface Dense {
  /** y[rows][outputs] = x[rows][inputs]·Wᵀ + b. */
  forward(x: Float64Array, y: Float64Array, rows: number): void
  /**
   * Adds the gradients of W and b for `dy`[rows][outputs] to the gradients; `dx`[rows][inputs] is overwritten,
   * or not computed when null.
   */
  backward(x: Float64Array, dy: Float64Array, dx: Float64Array | null, rows: number): void
}

/** Where a linear layer lies in its packed weights: W[outputs][inputs] row-major, b[outputs]. */
export interface DenseLayout {
  readonly inputs: number
  readonly outputs: number
  readonly W: number
  /** −1: no bias. */
  readonly b: number
}

/** Opens a linear layer on packed weights and gradients; both are read and written in place, never copied. */
export function createDense(layout: DenseLayout, weights: Float64Array, grads: Float64Array): Dense {
  const { inputs, outputs } = layout
  const W = rowMajor(weights, inputs, layout.W)
  const Wt = transposed(W)
  const gradW = rowMajor(grads, inputs, layout.W)
  const gradB = rowMajor(grads, outputs, layout.b)
  const bias = layout.b < 0 ? new Float64Array(outputs) : weights.subarray(layout.b, layout.b + outputs)
  return {
    forward(x, y, rows) {
      for (let row = 0; row < rows; row++) y.set(bias, row * outputs)
      addProduct(rowMajor(y, outputs), rowMajor(x, inputs), Wt, rows, inputs, outputs)
    },
    backward(x, dy, dx, rows) {
      const d = rowMajor(dy, outputs)
      addProduct(gradW, transposed(d), rowMajor(x, inputs), outputs, rows, inputs)
      if (layout.b >= 0) addColumnSums(gradB, d, rows, outputs)
      if (!dx) return
      dx.fill(0, 0, rows * inputs)
      addProduct(rowMajor(dx, inputs), d, W, rows, outputs, inputs)
    },
  }
}
