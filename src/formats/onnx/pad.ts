import { layout } from '../../engine/layout.ts'
import { directions, type GruSpec } from '../../engine/spec.ts'
import type { CellWeights, HeadWeights } from '../assemble.ts'
import { FormatError } from '../error.ts'
import { MAX_INFLATED_EXTRA } from '../limits.ts'
import type { Cell } from './weights.ts'

const FLOAT_SIZE = 4

/**
 * Cells of unlike sizes as cells of `spec.hiddenSize`: the units that a smaller layer lacks have weights of zero, and
 * their state stays 0 as long as it begins there, so that every output is exact.
 * @param notes gets a sentence where something was filled up
 */
export function padCells(spec: GruSpec, cells: readonly Cell[], notes: string[]): readonly CellWeights[] {
  const { hiddenSize: H } = spec
  if (cells.every(({ hiddenSize }) => hiddenSize === H)) return cells
  const D = directions(spec)
  const sizes = cells.flatMap(({ hiddenSize }, i) => (i % D === 0 ? [hiddenSize] : [])).join(' and ')
  const given = cells.reduce((sum, { W, U }) => sum + W.length + U.length, 0)
  if ((layout(spec).size - given) * FLOAT_SIZE > MAX_INFLATED_EXTRA) {
    throw new FormatError(`layers of ${sizes} units are too unlike to be run as one GRU`)
  }
  notes.push(`layers of ${sizes} units are read as layers of ${H}, filled up with units that stay 0`)
  return cells.map((cell, i) => padCell(cell, cells[i - (i % D) - D]?.hiddenSize, H))
}

/** The linear layer of the last cells over their outputs filled up; without one, that which picks the real units. */
export function padHead(spec: GruSpec, last: Cell, head: HeadWeights | undefined): HeadWeights | undefined {
  const { hiddenSize: H } = spec
  const { hiddenSize } = last
  if (hiddenSize === H) return head
  const D = directions(spec)
  const outputs = head ? spec.outputSize : D * hiddenSize
  const W = new Float32Array(outputs * D * H)
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < D * hiddenSize; i++) {
      W[o * D * H + placeOf(i, hiddenSize, H)] = head ? head.W[o * D * hiddenSize + i] : Number(i === o)
    }
  }
  return { W, b: head?.b }
}

/** @param below hidden size of the layer below; undefined for the first, whose inputs are as they are */
function padCell(
  { inputSize, hiddenSize, W, U, b, c }: Cell,
  below: number | undefined,
  H: number,
): CellWeights {
  const width = below === undefined ? inputSize : (inputSize / below) * H
  const pad = (
    from: Float32Array,
    columns: number,
    to: number,
    place: (i: number) => number,
  ): Float32Array => {
    const result = new Float32Array(3 * H * to)
    for (let row = 0; row < 3 * hiddenSize; row++) {
      const target = (row + Math.floor(row / hiddenSize) * (H - hiddenSize)) * to
      for (let i = 0; i < columns; i++) result[target + place(i)] = from[row * columns + i]
    }
    return result
  }
  const input = (i: number): number => (below === undefined ? i : placeOf(i, below, H))
  return {
    W: pad(W, inputSize, width, input),
    U: pad(U, hiddenSize, H, (i) => i),
    ...(b && { b: pad(b, 1, 1, () => 0) }),
    ...(c && { c: pad(c, 1, 1, () => 0) }),
  }
}

/** Where the i-th output of directions with `size` units each lies once they have H. */
function placeOf(i: number, size: number, H: number): number {
  return Math.floor(i / size) * H + (i % size)
}
