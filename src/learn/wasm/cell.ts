import type { CellLayout } from '../../engine/layout.ts'
import type { GruSpec } from '../../engine/spec.ts'
import { type Arena, BYTES, paddedCols } from './arena.ts'
import { createLinear, dense, from, type Linear, type Matrix, repeated } from './linear.ts'
import type { Places } from './places.ts'
import type { Weights } from './weights.ts'

type CellSpec = Pick<GruSpec, 'cell' | 'update' | 'recurrentActivation' | 'hiddenSize'>

/** Where a cell's weights are: the gates of W in the order n, r, z, those of U r, z, n; without a reset n, z. */
export interface CellPlaces {
  readonly W: number
  readonly U: number
  readonly b: number
  readonly c: number
  /** Padded columns of W. */
  readonly inputs: number
}

/**
 * One GRU cell over sequences, forward and backward. Everything is padded.
 *
 * A row of `gates` has, of H values each, n, r, z and a fourth part (the state's sum for n, or r∘h), or n and z where
 * there is no reset. It takes the sums of the input, then what `step` makes of them, then the gradients of the sums.
 */
export interface WasmCell {
  /** Values of a row of gates. */
  readonly gateWidth: number
  /** The products with W and with U, for those who arrange steps in another way; U is null where no state is carried. */
  readonly input: Sums
  readonly recurrence: Sums
  /** To be called after each change of the weights. */
  pack(): void
  /** Writes the sums of the input, x·Wᵀ + b. */
  inputs(rows: number, x: Matrix, gates: Matrix): void
  /** One step from h to `out`; at most as many rows as the cell was made for. */
  step(rows: number, gates: Matrix, h: Matrix, out: Matrix): void
  /** Back through one step: `dh` is the gradient from later steps and becomes that of h. */
  back(rows: number, gates: Matrix, h: Matrix, dOut: Matrix, dh: number): void
  /** Adds the weights' gradients from all steps at once. */
  gradients(rows: number, gates: Matrix, x: Matrix, h: Matrix): void
  /** dx = s + gradient of x. */
  inputGradients(rows: number, gates: Matrix, s: Matrix, dx: Matrix): void
}

/** Values between two rows of gates: were their distance a power of two, they would share few lines of the cache. */
const GAP = 16

/**
 * Gives a cell its places. With the update `write` those of z are negated, because 1 − σ(a) = σ(−a) makes it `keep`.
 * @param groups parts of the input that are padded each for itself: the directions of the layer below
 * @throws RangeError when the gates are not sigmoids
 */
export function placeCell(
  places: Places,
  { cell, update, recurrentActivation, hiddenSize: H }: CellSpec,
  { W, U, b, c, inputSize: I }: CellLayout,
  groups: number,
): CellPlaces {
  if (recurrentActivation !== 'sigmoid') {
    throw new RangeError(`learning needs recurrentActivation sigmoid, got ${recurrentActivation}`)
  }
  const parts = (at: number, size: number, order: string) =>
    [...order].map((gate) => ({
      from: at < 0 ? at : at + 'rzn'.indexOf(gate) * size,
      sign: gate === 'z' && update === 'write' ? (-1 as const) : (1 as const),
    }))
  const resets = cell === 'reset-after' || cell === 'reset-before'
  const ofX = resets ? 'nrz' : 'nz'
  const ofH = resets ? 'rzn' : 'nz'
  return {
    W: places.matrix(parts(W, H * I, ofX), H, I / groups, groups),
    U: cell === 'no-carry' ? -1 : places.matrix(parts(U, H * H, ofH), H, H),
    b: places.vector(parts(b, H, ofX), H),
    c: places.vector(parts(c, H, ofH), H),
    inputs: groups * paddedCols(I / groups),
  }
}

/** Columns of the gates that one product makes, and the bias that they begin with. */
export interface Sums {
  /** First of its columns, and their number. */
  readonly col: number
  readonly cols: number
  readonly linear: Linear | null
  readonly bias: Matrix
  /** Address of the bias' gradient; null where there is no bias. */
  readonly dBias: number | null
}

/** Opens a cell on placed weights; `maxRows` is the most rows of one step. */
export function createWasmCell(
  arena: Arena,
  weights: Weights,
  { cell, hiddenSize }: CellSpec,
  places: CellPlaces,
  maxRows: number,
): WasmCell {
  const { kernels } = arena
  const H = paddedCols(hiddenSize)
  const bytes = H * BYTES
  const resets = cell === 'reset-after' || cell === 'reset-before'
  const used = resets ? 3 * H : 2 * H
  const zeros = repeated(arena.take(used))
  const hs = dense(arena.take(maxRows * used), used)

  const biased = (col: number, cols: number, linear: Linear | null, place: number): Sums => ({
    col,
    cols,
    linear,
    bias: place < 0 ? zeros : repeated(weights.value(place)),
    dBias: place < 0 ? null : weights.grad(place),
  })
  const W = createLinear(arena, weights, places.W, used, places.inputs)
  const input = biased(0, used, W, places.b)
  /** The rows from `row` on of U and c, which make `cols` columns of the gates from `col` on. */
  const recurrence = (row: number, col: number, cols: number): Sums => {
    const U = places.U < 0 ? null : createLinear(arena, weights, places.U + row * H, cols, H)
    return biased(col, cols, U, places.c < 0 ? -1 : places.c + row)
  }
  const first =
    cell === 'reset-after'
      ? recurrence(0, H, 3 * H)
      : cell === 'reset-before'
        ? recurrence(0, H, 2 * H)
        : recurrence(0, 0, 2 * H)
  /** n from r∘h. */
  const second = cell === 'reset-before' ? recurrence(2 * H, 0, H) : null
  const dReset = second ? dense(arena.take(maxRows * H), H) : zeros
  const zAt = resets ? 2 * bytes : bytes

  const recur = ({ linear, bias, col }: Sums, rows: number, h: Matrix): Matrix => {
    if (!linear) return bias
    // `reset-after` has the state's sum for n behind r and z, the others where n is in the gates.
    linear.forward(rows, h, bias, cell === 'reset-after' ? hs : from(hs, 0, col))
    return hs
  }
  const old = (h: Matrix): Matrix => (first.linear ? h : zeros)

  function addGradients({ linear, col, cols, dBias }: Sums, rows: number, gates: Matrix, x: Matrix): void {
    const dSums = from(gates, 0, col)
    linear?.gradient(rows, dSums, x)
    if (dBias !== null) kernels.addColumnSums(rows, cols, dSums.at, dSums.stride, dBias)
  }

  return {
    gateWidth: (resets ? 4 * H : 2 * H) + GAP,
    input,
    recurrence: first,
    pack() {
      for (const linear of [W, first.linear, second?.linear]) linear?.pack()
    },
    inputs: (rows, x, gates) => W.forward(rows, x, input.bias, gates),
    step(rows, gates, h, out) {
      const { at, stride } = gates
      const sums = recur(first, rows, h)
      if (cell === 'reset-after') {
        kernels.mixAfter(
          rows,
          bytes,
          at,
          stride,
          sums.at,
          sums.stride,
          at,
          stride,
          h.at,
          h.stride,
          out.at,
          out.stride,
        )
        return
      }
      if (second) {
        kernels.reset(rows, bytes, at, stride, hs.at, hs.stride, h.at, h.stride)
        recur(second, rows, from(gates, 0, 3 * H))
      }
      const before = old(h)
      kernels.mix(
        rows,
        bytes,
        zAt,
        at,
        stride,
        sums.at,
        sums.stride,
        before.at,
        before.stride,
        out.at,
        out.stride,
      )
    },
    back(rows, gates, h, dOut, dh) {
      const { at, stride } = gates
      const before = old(h)
      const dOld = dense(dh, H)
      if (cell === 'reset-after') {
        kernels.unmixAfter(rows, bytes, at, stride, h.at, h.stride, dOut.at, dOut.stride, dh, bytes, dh)
      } else {
        kernels.unmix(rows, bytes, zAt, at, stride, before.at, before.stride, dOut.at, dOut.stride, dh)
      }
      if (second?.linear) {
        second.linear.backward(rows, gates, zeros, dReset)
        kernels.unreset(rows, bytes, at, stride, dReset.at, h.at, h.stride, dh)
      }
      if (first.linear) first.linear.backward(rows, from(gates, 0, first.col), dOld, dOld)
      else arena.view(dh, rows * H).fill(0)
    },
    gradients(rows, gates, x, h) {
      addGradients(input, rows, gates, x)
      addGradients(first, rows, gates, h)
      if (second) addGradients(second, rows, gates, from(gates, 0, 3 * H))
    },
    inputGradients: (rows, gates, s, dx) => W.backward(rows, gates, s, dx),
  }
}
