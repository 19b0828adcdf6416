import { layout } from '../layout.ts'
import type { Model } from '../model.ts'
import { type Cell, directions } from '../spec.ts'

/** Cells as numbered in assembly/index.ts. */
export const cellNumbers: Readonly<Record<Cell, number>> = {
  'reset-after': 0,
  'reset-before': 1,
  'no-reset': 2,
  'no-carry': 3,
}

/** Rows of a part of a panel. */
const PART = 12

/** One W·x + b: a group of `height` rows for each scale, which multiplies it, padded to a multiple of 4. */
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
      const columns = spec.cell === 'no-carry' ? 0 : H
      parts.push({ matrix: U, bias: c, columns, height: H, scales: [r, z, n] })
    }
  }
  if (head) parts.push(headOf(model))
  return packAll(parts, weights)
}

/** The projection alone, of as many columns as the top layer has. */
export function packHead(model: Model): Float32Array {
  return packAll([headOf(model)], model.weights)
}

function headOf({ spec }: Model): Affine {
  const { W, b } = layout(spec).head!
  return { matrix: W, bias: b, columns: directions(spec) * spec.hiddenSize, height: spec.outputSize, scales: [1] }
}

function packAll(parts: readonly Affine[], weights: Float32Array): Float32Array {
  const packed = new Float32Array(parts.reduce((sum, part) => sum + packedSize(part), 0))
  let offset = 0
  for (const part of parts) {
    packAffine(part, weights, packed.subarray(offset))
    offset += packedSize(part)
  }
  return packed
}

function packedSize({ height, columns, scales }: Affine): number {
  return padded(scales.length * padded(height, 4), PART) * (1 + columns)
}

function packAffine(part: Affine, weights: Float32Array, packed: Float32Array): void {
  const { matrix, bias, columns, height, scales } = part
  const groupRows = padded(height, 4)
  const parts = padded(scales.length * groupRows, PART) / PART
  for (const [group, scale] of scales.entries()) {
    for (let unit = 0; unit < height; unit++) {
      const row = group * groupRows + unit
      const from = group * height + unit
      if (bias >= 0) packed[row] = scale * weights[bias + from]
      const panel = panelOf(Math.floor(row / PART), parts)
      const start = parts * PART + panel.first * PART * columns + (row - panel.first * PART)
      for (let k = 0; k < columns; k++) {
        packed[start + k * panel.parts * PART] = scale * weights[matrix + from * columns + k]
      }
    }
  }
}

/** The panel that a part is in: of four parts as long as they fit, then one of two and one of one. */
function panelOf(part: number, parts: number): { readonly first: number; readonly parts: number } {
  const fours = parts - (parts % 4)
  if (part < fours) return { first: part - (part % 4), parts: 4 }
  return parts % 4 >= 2 && part < fours + 2 ? { first: fours, parts: 2 } : { first: parts - 1, parts: 1 }
}

/** `length` rounded up to a multiple of `to`. */
export function padded(length: number, to: number): number {
  return Math.ceil(length / to) * to
}
