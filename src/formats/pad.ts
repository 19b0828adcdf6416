import { layout } from '../engine/layout.ts'
import { directions, type GruSpec, gruSpec } from '../engine/spec.ts'
import type { CellWeights, HeadWeights } from './assemble.ts'
import { FormatError } from './error.ts'
import { MAX_INFLATED_EXTRA } from './limits.ts'

const FLOAT_SIZE = 4

/** One layer in one direction as a file has it, of its own size. */
export interface Cell extends CellWeights {
  readonly inputSize: number
  readonly hiddenSize: number
}

/** A stack of GRUs, and the linear layer over its outputs if there is one. */
export interface Stack {
  /** Of the largest hidden size. */
  readonly spec: GruSpec
  /** In the order of `layout(spec).cells`. */
  readonly cells: readonly Cell[]
  readonly head?: HeadWeights
}

/** A stack as {@link assemble} takes it. */
export interface Padded {
  readonly spec: GruSpec
  readonly cells: readonly CellWeights[]
  readonly head?: HeadWeights
}

/**
 * Layers of unlike sizes as layers of the largest: the units that a smaller layer lacks have weights of zero, and their
 * state stays 0 as long as it begins there, so that every output is exact. Without a linear layer, one picks the units
 * of a last layer that is filled up.
 * @param notes gets a sentence where something was filled up
 * @throws FormatError when a model of such layers is much larger than the file
 */
export function pad({ spec, cells, head }: Stack, notes: string[]): Padded {
  const { hiddenSize: H } = spec
  if (cells.every(({ hiddenSize }) => hiddenSize === H)) return { spec, cells, head }
  const D = directions(spec)
  const last = cells[cells.length - 1]
  const picks = !head && last.hiddenSize < H
  const padded = picks ? gruSpec({ ...spec, outputSize: D * last.hiddenSize }) : spec
  const sizes = cells.flatMap(({ hiddenSize }, i) => (i % D === 0 ? [hiddenSize] : [])).join(' and ')
  const given = cells.reduce((sum, { W, U }) => sum + W.length + U.length, head?.W.length ?? 0)
  if ((layout(padded).size - given) * FLOAT_SIZE > MAX_INFLATED_EXTRA) {
    throw new FormatError(`layers of ${sizes} units are too unlike to be run as one GRU`)
  }
  const projection = picks ? '; a projection picks the units of the last layer' : ''
  notes.push(
    `layers of ${sizes} units are read as layers of ${H}, filled up with units that stay 0${projection}`,
  )
  return {
    spec: padded,
    cells: cells.map((cell, i) => padCell(cell, cells[i - D]?.hiddenSize, H)),
    head: picks || head ? padHead(padded, last.hiddenSize, head) : undefined,
  }
}

/** The linear layer over outputs filled up; without one, that which picks the real units. */
function padHead(spec: GruSpec, size: number, head: HeadWeights | undefined): HeadWeights {
  const { hiddenSize: H, outputSize } = spec
  const D = directions(spec)
  const W = new Float32Array(outputSize * D * H)
  for (let o = 0; o < outputSize; o++) {
    for (let i = 0; i < D * size; i++) {
      W[o * D * H + placeOf(i, size, H)] = head ? head.W[o * D * size + i] : Number(i === o)
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
  const fill = (
    from: Float32Array,
    columns: number,
    to: number,
    place: (i: number) => number,
  ): Float32Array => {
    const result = new Float32Array(3 * H * to)
    for (let row = 0; row < 3 * hiddenSize; row++) {
      const target = placeOf(row, hiddenSize, H) * to
      for (let i = 0; i < columns; i++) result[target + place(i)] = from[row * columns + i]
    }
    return result
  }
  return {
    W: fill(W, inputSize, width, (i) => (below === undefined ? i : placeOf(i, below, H))),
    U: fill(U, hiddenSize, H, (i) => i),
    b: b && fill(b, 1, 1, () => 0),
    c: c && fill(c, 1, 1, () => 0),
  }
}

/** Where the i-th of several rows of `size` units lies once each row has H. */
function placeOf(i: number, size: number, H: number): number {
  return Math.floor(i / size) * H + (i % size)
}
