import type { CellLayout } from '../engine/layout.ts'
import type { GruSpec } from '../engine/spec.ts'
import { sigmoid, tanh } from './activation.ts'
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
 */
export function createCell(
  { cell, update, hiddenSize: H }: Pick<GruSpec, 'cell' | 'update' | 'hiddenSize'>,
  layout: CellLayout,
  weights: Float64Array,
  grads: Float64Array,
): GruCell {
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

/** r = σ(·), and r ∘ (Un·h + cn) joins n's argument. */
function resetAfter(gates: Float64Array, extra: Float64Array, rows: number, H: number): void {
  for (let row = 0; row < rows; row++) {
    const g = row * 3 * H
    for (let j = 0; j < H; j++) {
      const r = sigmoid(gates[g + j])
      gates[g + j] = r
      gates[g + 2 * H + j] += r * extra[row * H + j]
    }
  }
}

/** r = σ(·), and r∘h to be multiplied by Un. */
function resetBefore(
  gates: Float64Array,
  extra: Float64Array,
  h: Float64Array,
  rows: number,
  H: number,
): void {
  for (let row = 0; row < rows; row++) {
    for (let j = 0; j < H; j++) {
      const r = sigmoid(gates[row * 3 * H + j])
      gates[row * 3 * H + j] = r
      extra[row * H + j] = r * h[row * H + j]
    }
  }
}

/** z = σ(·), n = tanh(·) and the new state; `carry` false: the old state counts as 0. */
function mix(
  gates: Float64Array,
  h: Float64Array,
  out: Float64Array,
  rows: number,
  H: number,
  keep: boolean,
  carry: boolean,
): void {
  for (let row = 0; row < rows; row++) {
    const zs = row * 3 * H + H
    const ns = zs + H
    for (let j = 0; j < H; j++) {
      const z = sigmoid(gates[zs + j])
      const n = tanh(gates[ns + j])
      const old = carry ? h[row * H + j] : 0
      gates[zs + j] = z
      gates[ns + j] = n
      out[row * H + j] = keep ? n + z * (old - n) : old + z * (n - old)
    }
  }
}

/** Gradients of z's and n's arguments and of the old state as far as it was mixed in. */
function unmix(
  gates: Float64Array,
  h: Float64Array,
  dh: Float64Array,
  dOld: Float64Array,
  rows: number,
  H: number,
  keep: boolean,
  carry: boolean,
): void {
  for (let row = 0; row < rows; row++) {
    const zs = row * 3 * H + H
    const ns = zs + H
    for (let j = 0; j < H; j++) {
      const z = gates[zs + j]
      const n = gates[ns + j]
      const old = carry ? h[row * H + j] : 0
      const d = dh[row * H + j]
      const oldShare = keep ? z : 1 - z
      gates[zs + j] = d * (keep ? old - n : n - old) * z * (1 - z)
      gates[ns + j] = d * (1 - oldShare) * (1 - n * n)
      dOld[row * H + j] = carry ? d * oldShare : 0
    }
  }
}

/** Gradient of r's argument; `extra` becomes the gradient of Un·h + cn. */
function unresetAfter(gates: Float64Array, extra: Float64Array, rows: number, H: number): void {
  for (let row = 0; row < rows; row++) {
    const g = row * 3 * H
    for (let j = 0; j < H; j++) {
      const r = gates[g + j]
      const dn = gates[g + 2 * H + j]
      gates[g + j] = dn * extra[row * H + j] * r * (1 - r)
      extra[row * H + j] = dn * r
    }
  }
}

/** Gradient of r's argument and of the old state from `extra`, the gradient of r∘h. */
function unresetBefore(
  gates: Float64Array,
  extra: Float64Array,
  h: Float64Array,
  dOld: Float64Array,
  rows: number,
  H: number,
): void {
  for (let row = 0; row < rows; row++) {
    for (let j = 0; j < H; j++) {
      const r = gates[row * 3 * H + j]
      const d = extra[row * H + j]
      gates[row * 3 * H + j] = d * h[row * H + j] * r * (1 - r)
      dOld[row * H + j] += d * r
    }
  }
}
