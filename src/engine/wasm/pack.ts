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

/** Rows of a part, and biases: those of its rows and four of n's own for the state. */
const PART = 12
const BIASES = 16

/** Some rows of W·x + U·h + b + c, as `affine` in assembly/affine.ts reads them. */
interface Affine {
  /** [gates][height][columns] each; W is negative where there is none. */
  readonly W: number
  readonly U: number
  readonly xColumns: number
  readonly hColumns: number
  /** Input and recurrent biases [gates][height]; negative where there are none. */
  readonly b: number
  readonly c: number
  readonly height: number
  /** What multiplies the rows of each gate, from the first in W and U on. */
  readonly scales: readonly number[]
  /** Whether parts have four rows of each gate and n's bias for the state apart. */
  readonly split: boolean
}

/**
 * The weights of a forward model in the order in which the kernels read them.
 *
 * The rows of r and z are halved because σ(a) = ½ + ½·tanh(a/2), which changes no digit, or multiplied by the 0.2 of a
 * hard sigmoid. With the update `keep` those of z are negated as well, because 1 − σ(a) = σ(−a) makes it `write`.
 * Gates whose sums nothing comes between have one bias, the sum of both; an unused r is left out.
 */
export function pack(model: Model): Float32Array {
  const { spec, weights } = model
  const H = spec.hiddenSize
  const r = spec.recurrentActivation === 'sigmoid' ? 0.5 : 0.2
  const z = spec.update === 'keep' ? -r : r
  const n = 1
  const parts: Affine[] = []
  for (const { W, U, b, c, inputSize } of layout(spec).cells) {
    /** The gates from `first` on. */
    const rows = (first: number, scales: readonly number[]): Affine => ({
      W: W + first * H * inputSize,
      U: U + first * H * H,
      xColumns: inputSize,
      hColumns: spec.cell === 'no-carry' ? 0 : H,
      b: b < 0 ? b : b + first * H,
      c: c < 0 ? c : c + first * H,
      height: H,
      scales,
      split: spec.cell === 'reset-after',
    })
    if (spec.cell === 'reset-after') parts.push(rows(0, [r, z, n]))
    else if (spec.cell === 'reset-before') parts.push(rows(0, [r, z]), rows(2, [n]))
    else parts.push(rows(1, [z, n]))
  }
  if (spec.outputSize) parts.push(headOf(model))
  return packAll(parts, weights)
}

/** The projection alone, of as many columns as the top layer has. */
export function packHead(model: Model): Float32Array {
  return packAll([headOf(model)], model.weights)
}

function headOf({ spec }: Model): Affine {
  const { W, b } = layout(spec).head!
  return {
    W,
    U: -1,
    xColumns: directions(spec) * spec.hiddenSize,
    hColumns: 0,
    b,
    c: -1,
    height: spec.outputSize,
    scales: [1],
    split: false,
  }
}

function packAll(affines: readonly Affine[], weights: Float32Array): Float32Array {
  const packed = new Float32Array(affines.reduce((sum, affine) => sum + packedSize(affine), 0))
  let offset = 0
  for (const affine of affines) {
    packAffine(affine, weights, packed.subarray(offset))
    offset += packedSize(affine)
  }
  return packed
}

function partsOf({ height, scales }: Affine): number {
  return Math.ceil((scales.length * padded(height, 4)) / PART)
}

function packedSize(affine: Affine): number {
  return partsOf(affine) * (BIASES + PART * (affine.xColumns + affine.hColumns))
}

function packAffine(affine: Affine, weights: Float32Array, packed: Float32Array): void {
  const { W, U, b, c, xColumns, hColumns, height, scales, split } = affine
  const parts = partsOf(affine)
  for (const [gate, scale] of scales.entries()) {
    for (let unit = 0; unit < height; unit++) {
      const from = gate * height + unit
      const row = gate * padded(height, 4) + unit
      const part = split ? unit >> 2 : Math.floor(row / PART)
      const place = split ? 4 * gate + (unit % 4) : row % PART

      const bias = part * BIASES + place
      const apart = split && gate === 2
      const input = b < 0 ? 0 : weights[b + from]
      const recurrent = c < 0 ? 0 : weights[c + from]
      packed[bias] = scale * (apart ? input : input + recurrent)
      if (apart) packed[bias + 4] = recurrent

      const panel = panelOf(part, parts)
      const step = panel.parts * PART
      const columns = xColumns + hColumns
      let to = parts * BIASES + panel.first * PART * columns + (part - panel.first) * PART + place
      const x = W + from * xColumns
      for (let k = x; k < x + xColumns; k++, to += step) packed[to] = scale * weights[k]
      const h = U + from * hColumns
      for (let k = h; k < h + hColumns; k++, to += step) packed[to] = scale * weights[k]
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
