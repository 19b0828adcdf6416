import { type Arena, BYTES } from './arena.ts'
import type { Weights } from './weights.ts'

/** A matrix in memory: address of its first value, bytes from one row to the next; a stride of 0 repeats one row. */
export interface Matrix {
  readonly at: number
  readonly stride: number
}

/** Products with one matrix w[outputs][inputs] of the weights. Rows, inputs and outputs are padded. */
export interface Linear {
  /** Makes the weights' panels anew; to be called after each change of them. */
  pack(): void
  /** y[rows][outputs] = s + x·wᵀ */
  forward(rows: number, x: Matrix, s: Matrix, y: Matrix): void
  /** dx[rows][inputs] = s + dy·w */
  backward(rows: number, dy: Matrix, s: Matrix, dx: Matrix): void
  /** Adds the gradient dyᵀ·x of w. */
  gradient(rows: number, dy: Matrix, x: Matrix): void
}

/** Rows for which a product needs scratch: `BLOCK` of assembly/gemm.ts. */
const BLOCK = 64

/** @param index place of w */
export function createLinear(
  { kernels, take }: Arena,
  weights: Weights,
  index: number,
  outputs: number,
  inputs: number,
): Linear {
  const w = weights.value(index)
  const dw = weights.grad(index)
  const panels = take(outputs * inputs)
  const backPanels = take(outputs * inputs)
  const scratch = take(BLOCK * Math.max(outputs, inputs))
  return {
    pack() {
      kernels.packTransposed(outputs, inputs, w, panels)
      kernels.pack(outputs, inputs, w, backPanels)
    },
    forward(rows, x, s, y) {
      kernels.product(rows, inputs, outputs, x.at, x.stride, panels, s.at, s.stride, y.at, y.stride, scratch)
    },
    backward(rows, dy, s, dx) {
      kernels.product(
        rows,
        outputs,
        inputs,
        dy.at,
        dy.stride,
        backPanels,
        s.at,
        s.stride,
        dx.at,
        dx.stride,
        scratch,
      )
    },
    gradient(rows, dy, x) {
      kernels.addOuter(rows, outputs, inputs, dy.at, dy.stride, x.at, x.stride, dw)
    },
  }
}

/** A matrix whose rows follow each other without a gap. */
export const dense = (at: number, cols: number): Matrix => ({ at, stride: cols * BYTES })

/** One row for all. */
export const repeated = (at: number): Matrix => ({ at, stride: 0 })

/** The same matrix from a row and a column on. */
export const from = ({ at, stride }: Matrix, row: number, col = 0): Matrix => ({
  at: at + row * stride + col * BYTES,
  stride,
})
