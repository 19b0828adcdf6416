import type { CellLayout } from '../engine/layout.ts'
import type { GruSpec } from '../engine/spec.ts'
import { mix, resetAfter, resetBefore, unmix, unresetAfter, unresetBefore } from './gru-gates.ts'
import { addColumnSums, addProduct, type Matrix, rowMajor, transposed } from './matmul.ts'

/** What one forward step leaves for its backward step. Made by {@link GruCell.cache}, reusable step after step. */
export interface CellCache {
  readonly rows: number
  /** Gates [rows][3H], stacked r, z, n; backward replaces them by the gradients of their arguments. */
  readonly gates: Float64Array
  /** [rows][H]: Un·h + cn of `reset-after`, r∘h of `reset-before`. */
  readonly extra: Float64Array
  /** The step's input [rows][inputSize] and old state [rows][H], by reference. */
  x: Float64Array
  h: Float64Array
}

/** One step of one GRU cell over a batch, forward and backward, in float64. Matrices are row-major. */
export interface GruCell {
  cache(rows: number): CellCache
  /**
   * Writes the new state to `out`[rows][H] from `x`[rows][inputSize] and the old state `h`[rows][H].
   * The cache keeps x and h by reference: leave them as they are until backward.
   */
  forward(x: Float64Array, h: Float64Array, out: Float64Array, cache: CellCache): void
  /**
   * Adds the gradients of weights and biases for `dh`, the gradient of `out`. `dx` and `dhPrev`, the gradients of x
   * and h, are overwritten; null: not computed. dhPrev may be dh itself; where it is null, dh is overwritten too.
   * Uses up the cache: one backward per forward.
   */
  backward(cache: CellCache, dh: Float64Array, dx: Float64Array | null, dhPrev: Float64Array | null): void
}

/**
 * Opens one cell of a GRU on packed weights and gradients; both are read and written in place, never copied, so
 * that an optimiser may change the weights between steps.
 *
 * All four cells and both updates of {@link GruSpec}; missing biases count as 0.
 * @param layout the cell's place in `weights` and `grads`
 * @throws RangeError when the gates are not sigmoids
 */
export function createCell(
  {
    cell,
    update,
    recurrentActivation,
    hiddenSize: H,
  }: Pick<GruSpec, 'cell' | 'update' | 'recurrentActivation' | 'hiddenSize'>,
  layout: CellLayout,
  weights: Float64Array,
  grads: Float64Array,
): GruCell {
  if (recurrentActivation !== 'sigmoid') {
    throw new RangeError(`learning needs recurrentActivation sigmoid, got ${recurrentActivation}`)
  }
  const I = layout.inputSize
  const after = cell === 'reset-after'
  const before = cell === 'reset-before'
  const carry = cell !== 'no-carry'
  const keep = update === 'keep'
  /** First gate column in use: without a reset, r has neither effect nor gradient. */
  const first = after || before ? 0 : H
  /** Columns from here on take something else than U·h. */
  const split = after || before ? 2 * H : 3 * H
  const used = 3 * H - first
  const W = rowMajor(weights, I, layout.W + first * I)
  const gradW = rowMajor(grads, I, layout.W + first * I)
  const U = rowMajor(weights, H, layout.U + first * H)
  const gradU = rowMajor(grads, H, layout.U + first * H)
  const Un = rowMajor(weights, H, layout.U + 2 * H * H)
  const gradUn = rowMajor(grads, H, layout.U + 2 * H * H)
  const Wt = transposed(W)
  const Ut = transposed(U)
  const Unt = transposed(Un)
  const bias = new Float64Array(3 * H)
  const biasN = new Float64Array(H)

  /** Biases of all gates; those of n's recurrent part apart where r scales them. */
  function readBiases(): void {
    for (let i = 0; i < 3 * H; i++) {
      const c = layout.c < 0 ? 0 : weights[layout.c + i]
      const apart = after && i >= 2 * H
      bias[i] = (layout.b < 0 ? 0 : weights[layout.b + i]) + (apart ? 0 : c)
      if (apart) biasN[i - 2 * H] = c
    }
  }

  function addBiasGrads(gates: Matrix, extra: Matrix, rows: number): void {
    if (layout.b >= 0) addColumnSums(rowMajor(grads, 3 * H, layout.b + first), gates, rows, used)
    if (layout.c < 0) return
    addColumnSums(rowMajor(grads, 3 * H, layout.c + first), gates, rows, after ? 2 * H : used)
    if (after) addColumnSums(rowMajor(grads, 3 * H, layout.c + 2 * H), extra, rows, H)
  }

  return {
    cache: (rows) => ({
      rows,
      gates: new Float64Array(rows * 3 * H),
      extra: new Float64Array(after || before ? rows * H : 0),
      x: bias,
      h: bias,
    }),

    forward(x, h, out, cache) {
      const { rows, gates, extra } = cache
      cache.x = x
      cache.h = h
      readBiases()
      for (let row = 0; row < rows; row++) gates.set(bias, row * 3 * H)
      const all = rowMajor(gates, 3 * H, first)
      addProduct(all, rowMajor(x, I), Wt, rows, I, used)
      const old = rowMajor(h, H)
      if (carry) addProduct(all, old, Ut, rows, H, split - first)
      if (after) {
        for (let row = 0; row < rows; row++) extra.set(biasN, row * H)
        addProduct(rowMajor(extra, H), old, Unt, rows, H, H)
        resetAfter(gates, extra, rows, H)
      } else if (before) {
        resetBefore(gates, extra, h, rows, H)
        addProduct(rowMajor(gates, 3 * H, 2 * H), rowMajor(extra, H), Unt, rows, H, H)
      }
      mix(gates, h, out, rows, H, keep, carry)
    },

    backward(cache, dh, dx, dhPrev) {
      const { rows, gates, extra, x, h } = cache
      const dOld = dhPrev ?? dh
      unmix(gates, h, dh, dOld, rows, H, keep, carry)
      const all = rowMajor(gates, 3 * H, first)
      const n = rowMajor(gates, 3 * H, 2 * H)
      const inner = rowMajor(extra, H)
      const old = rowMajor(h, H)
      if (after) {
        unresetAfter(gates, extra, rows, H)
        addProduct(gradUn, transposed(inner), old, H, rows, H)
        if (dhPrev) addProduct(rowMajor(dOld, H), inner, Un, rows, H, H)
      } else if (before) {
        addProduct(gradUn, transposed(n), inner, H, rows, H)
        extra.fill(0)
        addProduct(inner, n, Un, rows, H, H)
        unresetBefore(gates, extra, h, dOld, rows, H)
      }
      addBiasGrads(all, inner, rows)
      addProduct(gradW, transposed(all), rowMajor(x, I), used, rows, I)
      if (carry) {
        addProduct(gradU, transposed(all), old, split - first, rows, H)
        if (dhPrev) addProduct(rowMajor(dOld, H), all, U, rows, split - first, H)
      }
      if (!dx) return
      dx.fill(0, 0, rows * I)
      addProduct(rowMajor(dx, I), all, W, rows, used, I)
    },
  }
}
