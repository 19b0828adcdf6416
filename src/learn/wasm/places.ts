import { paddedCols } from './arena.ts'

/** Some rows of the packed weights and where they lie in memory, among zeros. */
export interface Block {
  readonly rows: number
  readonly cols: number
  /** Index of the first value in the packed weights, and from one row to the next. */
  readonly from: number
  readonly fromStride: number
  /** The same in memory. */
  readonly to: number
  readonly toStride: number
  /** 1, or −1 where memory holds the negative. */
  readonly sign: 1 | -1
}

/** Rows that follow each other in the packed weights. */
export interface Part {
  readonly from: number
  readonly sign?: 1 | -1
}

/** Gives weights their places in memory before there is any. */
export interface Places {
  readonly blocks: readonly Block[]
  /** Values taken so far. */
  size(): number
  /**
   * Places a matrix that is stacked from `parts` of `rows` rows each. A row has `groups` groups of `cols` columns, each
   * padded for itself.
   * @returns index of the first value; −1 when the first part has none, which stands for a bias that is not there
   */
  matrix(parts: readonly Part[], rows: number, cols: number, groups?: number): number
  /** Places a vector that is joined from `parts` of `cols` values each. */
  vector(parts: readonly Part[], cols: number): number
}

/** Opens an empty list of places. */
export function createPlaces(): Places {
  const blocks: Block[] = []
  let size = 0

  function take(parts: readonly Part[], rows: number, toRows: number, cols: number, groups: number): number {
    if (parts[0].from < 0) return -1
    const start = size
    const width = paddedCols(cols)
    for (const { from, sign = 1 } of parts) {
      for (let group = 0; group < groups; group++) {
        blocks.push({
          rows,
          cols,
          from: from + group * cols,
          fromStride: groups * cols,
          to: size + group * width,
          toStride: groups * width,
          sign,
        })
      }
      size += toRows * groups * width
    }
    return start
  }

  return {
    blocks,
    size: () => size,
    matrix: (parts, rows, cols, groups = 1) => take(parts, rows, paddedCols(rows), cols, groups),
    vector: (parts, cols) => take(parts, 1, 1, cols, 1),
  }
}
