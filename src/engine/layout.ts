import { directions, type GruSpec } from './spec.ts'

/** Offsets of one layer in one direction; −1 where the specification has no such vector. Gates are stacked r, z, n on rows. */
export interface CellLayout {
  readonly layer: number
  readonly reverse: boolean
  readonly inputSize: number
  /** Input weights [3H][inputSize]. */
  readonly W: number
  /** Recurrent weights [3H][H]. */
  readonly U: number
  /** Input biases [3H]. */
  readonly b: number
  /** Recurrent biases [3H]. */
  readonly c: number
}

/** Where everything lies in a model's packed weights. */
export interface Layout {
  /** Layer by layer, forward before reverse. */
  readonly cells: readonly CellLayout[]
  /** Projection weight [outputSize][directions·H] and bias [outputSize]; null without projection. */
  readonly head: { readonly W: number; readonly b: number } | null
  /** Number of weights in all. */
  readonly size: number
}

/** One named block of a model's packed weights, row-major. */
export interface TensorLayout {
  /** PyTorch's parameter name: `weight_ih_l0`, `bias_hh_l1_reverse`, `head.weight`. */
  readonly name: string
  readonly shape: readonly number[]
  readonly offset: number
}

/** Offsets of every part of the packed weights of `spec`. */
export function layout(spec: GruSpec): Layout {
  const { hiddenSize: H, layers, biases, outputSize } = spec
  const D = directions(spec)
  const cells: CellLayout[] = []
  let offset = 0
  const take = (length: number): number => {
    offset += length
    return offset - length
  }
  for (let layer = 0; layer < layers; layer++) {
    const inputSize = layer === 0 ? spec.inputSize : D * H
    for (let d = 0; d < D; d++) {
      cells.push({
        layer,
        reverse: spec.direction === 'reverse' || d === 1,
        inputSize,
        W: take(3 * H * inputSize),
        U: take(3 * H * H),
        b: biases > 0 ? take(3 * H) : -1,
        c: biases > 1 ? take(3 * H) : -1,
      })
    }
  }
  const head = outputSize > 0 ? { W: take(outputSize * D * H), b: take(outputSize) } : null
  return { cells, head, size: offset }
}

/** The packed weights of `spec` as named tensors, in order and without gaps. */
export function tensors(spec: GruSpec): TensorLayout[] {
  const { cells, head } = layout(spec)
  const H = spec.hiddenSize
  const list: TensorLayout[] = []
  for (const { layer, reverse, inputSize, W, U, b, c } of cells) {
    const suffix = `_l${layer}${reverse ? '_reverse' : ''}`
    list.push({ name: `weight_ih${suffix}`, shape: [3 * H, inputSize], offset: W })
    list.push({ name: `weight_hh${suffix}`, shape: [3 * H, H], offset: U })
    if (b >= 0) list.push({ name: `bias_ih${suffix}`, shape: [3 * H], offset: b })
    if (c >= 0) list.push({ name: `bias_hh${suffix}`, shape: [3 * H], offset: c })
  }
  if (head) {
    const features = directions(spec) * H
    list.push({ name: 'head.weight', shape: [spec.outputSize, features], offset: head.W })
    list.push({ name: 'head.bias', shape: [spec.outputSize], offset: head.b })
  }
  return list
}
