import { layout } from '../layout.ts'
import type { Model } from '../model.ts'
import type { Cell } from '../spec.ts'

/** Cells as numbered in assembly/index.ts. */
export const cellNumbers: Readonly<Record<Cell, number>> = {
  'reset-after': 0,
  'reset-before': 1,
  'no-reset': 2,
  'no-carry': 3,
}

/** One W·x + b: `groups` of `height` rows, each padded to a multiple of 16 and multiplied by its scale. */
interface Affine {
  readonly matrix: number
  /** Negative for no bias. */
  readonly bias: number
  readonly columns: number
  readonly height: number
  readonly scales: readonly number[]
}

/**
 * The weights of a forward model in the order in which the kernels read them, panel by panel as `affine` in
 * assembly/affine.ts says.
 *
 * The rows of r and z are halved because σ(a) = ½ + ½·tanh(a/2), which changes no digit, or multiplied by the 0.2 of a
 * hard sigmoid. With the update `write` those of z are negated as well, because 1 − σ(a) = σ(−a) makes it `keep`.
 */
export function pack(model: Model): Float32Array {
  const { spec, weights } = model
  const { cells, head } = layout(spec)
  const H = spec.hiddenSize
  const r = spec.recurrentActivation === 'sigmoid' ? 0.5 : 0.2
  const z = spec.update === 'keep' ? r : -r
  const n = 1
  const parts: Affine[] = []
  for (const { W, U, b, c, inputSize } of cells) {
    parts.push({ matrix: W, bias: b, columns: inputSize, height: H, scales: [r, z, n] })
    if (spec.cell === 'reset-before') {
      const cn = c < 0 ? -1 : c + 2 * H
      parts.push({ matrix: U, bias: c, columns: H, height: H, scales: [r, z] })
      parts.push({ matrix: U + 2 * H * H, bias: cn, columns: H, height: H, scales: [n] })
    } else {
      parts.push({ matrix: U, bias: c, columns: H, height: H, scales: [r, z, n] })
    }
  }
  if (head) parts.push({ matrix: head.W, bias: head.b, columns: H, height: spec.outputSize, scales: [1] })

  const packed = new Float32Array(parts.reduce((sum, part) => sum + packedSize(part), 0))
  let offset = 0
  for (const part of parts) {
    packAffine(part, weights, packed.subarray(offset))
    offset += packedSize(part)
  }
  return packed
}

function packedSize({ height, columns, scales }: Affine): number {
  return scales.length * padded(height, 16) * (1 + padded(columns, 4))
}

function packAffine(part: Affine, weights: Float32Array, packed: Float32Array): void {
  const { matrix, bias, columns, height, scales } = part
  const groupRows = padded(height, 16)
  const rows = scales.length * groupRows
  for (let row = 0; row < rows; row++) {
    const group = Math.floor(row / groupRows)
    const unit = row % groupRows
    if (unit >= height) continue
    const from = group * height + unit
    if (bias >= 0) packed[row] = scales[group] * weights[bias + from]
    const panel = panelOf(row, rows)
    const start = rows + panel.row * padded(columns, 4) + (row - panel.row)
    for (let k = 0; k < columns; k++) {
      packed[start + k * panel.height] = scales[group] * weights[matrix + from * columns + k]
    }
  }
}

/** Panels of 48 rows as long as they fit, then of 16. */
function panelOf(row: number, rows: number): { row: number; height: 48 | 16 } {
  const wide = rows - (rows % 48)
  return row < wide ? { row: row - (row % 48), height: 48 } : { row: row - ((row - wide) % 16), height: 16 }
}

/** `length` rounded up to a multiple of `to`. */
export function padded(length: number, to: number): number {
  return Math.ceil(length / to) * to
}
