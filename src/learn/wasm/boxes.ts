import { type Arena, BYTES, paddedCols } from './arena.ts'
import type { Matrix } from './linear.ts'

/** A matrix [time][batchRows][padded columns] in memory that stands for [batch][time][columns] outside. */
export interface Box {
  readonly at: Matrix
  readonly batch: number
  readonly time: number
  readonly batchRows: number
  /** Columns of a group and groups, which are padded each for itself. */
  readonly cols: number
  readonly groups: number
}

/** Writes what lies in `values` one box after the other; padding is left as it is. */
export function write(arena: Arena, boxes: readonly Box[], values: ArrayLike<number>): void {
  let i = 0
  for (const box of boxes) {
    const memory = whole(arena, box)
    each(box, (at) => {
      for (let col = 0; col < box.cols; col++) memory[at + col] = values[i++]
    })
  }
}

/** Reads the boxes into `values`, one after the other. */
export function read(arena: Arena, boxes: readonly Box[], values: Float32Array): Float32Array {
  let i = 0
  for (const box of boxes) {
    const memory = whole(arena, box)
    each(box, (at) => {
      for (let col = 0; col < box.cols; col++) values[i++] = memory[at + col]
    })
  }
  return values
}

function whole(arena: Arena, { at, time, batchRows, cols, groups }: Box): Float32Array {
  const last = (time * batchRows - 1) * (at.stride / BYTES)
  return arena.view(at.at, last + groups * paddedCols(cols))
}

/** Visits the rows of all groups, batch by batch. */
function each({ at, batch, time, batchRows, cols, groups }: Box, visit: (at: number) => void): void {
  const stride = at.stride / BYTES
  for (let b = 0; b < batch; b++) {
    for (let t = 0; t < time; t++) {
      const row = (t * batchRows + b) * stride
      for (let g = 0; g < groups; g++) visit(row + g * paddedCols(cols))
    }
  }
}
