import { type GruSpec, gruSpec } from '../../engine/spec.ts'
import { type HeadWeights, swapGatesInPlace, transpose } from '../assemble.ts'
import { type Dtype, ITEM_SIZE } from '../dtype.ts'
import { FormatError } from '../error.ts'
import type { Cell } from '../pad.ts'
import { equationsOf } from './attributes.ts'
import { type Group, same, sizeOf } from './axes.ts'
import { valuesOf } from './fold.ts'
import { nameOf } from './gru-call.ts'
import type { Constant, GruCall, Head, Value } from './values.ts'
import type { Work } from './work.ts'

/** Bytes of weights, as many biases, that layers may have in common. */
const MAX_SHARED = 2 ** 20

/** The chosen layers as they are in the file. */
export interface Stack {
  /** Of the largest hidden size; 2 biases if any node has some, no projection. */
  readonly spec: GruSpec
  /** Both biases where any node has some. */
  readonly cells: readonly Cell[]
  readonly notes: readonly string[]
}

/**
 * Weights and equations of the layers, lowest first.
 * @param available bytes of the file and those beside it
 * @throws FormatError when a layer is not a GRU that the engine runs, or they differ
 */
export function readStack(layers: readonly GruCall[], available: number, work: Work): Stack {
  const [first] = layers
  const equations = layers.map(equationsOf)
  layers.forEach((gru, i) => {
    const alike =
      gru.direction === first.direction &&
      equations[i].cell === equations[0].cell &&
      equations[i].recurrentActivation === equations[0].recurrentActivation
    if (!alike) {
      throw new FormatError(
        `the GRUs ${nameOf(first.node)} and ${nameOf(gru.node)} differ in direction or equations; the layers of a model must not`,
      )
    }
    checkLengths(gru)
  })
  const parts = layers.map(partsOf)
  const constants = parts.flatMap(({ W, R, B }) => (B ? [W, R, B] : [W, R]))
  const stored = constants.reduce((sum, { shape, dtype }) => sum + bytesOf(shape, dtype), 0)
  if (stored > available + MAX_SHARED) {
    throw new FormatError(
      'the GRUs of the ONNX graph use the same weights so often that a model of them is too large',
    )
  }
  const spec = gruSpec({
    ...equations[0],
    inputSize: parts[0].inputSize,
    hiddenSize: Math.max(...layers.map(({ hiddenSize }) => hiddenSize)),
    layers: layers.length,
    direction: first.direction,
    biases: parts.some(({ B }) => B) ? 2 : 0,
  })
  const notes: string[] = []
  if (constants.some(({ dtype }) => dtype === 'F64')) notes.push('float64 weights are rounded to float32')
  const { length } = parts.filter(({ B }) => !B)
  if (length > 0 && length < parts.length) notes.push('missing biases are read as zero')
  return { spec, cells: parts.flatMap((part) => cellsOf(part, spec.biases, work)), notes }
}

/** The weights of a linear layer [outputs, features] and its biases, one for each. */
export function readHead({ weight, columns, bias, outputSize }: Head, work: Work): HeadWeights {
  const values = valuesOf(weight, work)
  const W = columns ? transpose(values, weight.shape[0], outputSize) : values
  return { W, b: bias && valuesOf(bias, work) }
}

interface Parts {
  readonly inputSize: number
  readonly hiddenSize: number
  readonly directions: number
  /** [directions, 3H, inputSize] */
  readonly W: Constant
  /** [directions, 3H, H] */
  readonly R: Constant
  /** [directions, 6H] */
  readonly B?: Constant
}

function partsOf(gru: GruCall): Parts {
  const { hiddenSize: H, inputs } = gru
  const directions = gru.direction === 'bidirectional' ? 2 : 1
  const W = constantOf(gru, 'W', inputs[1])
  const inputSize = W.shape[2] ?? 0
  check(gru, 'W', W, [directions, 3 * H, inputSize])
  const R = constantOf(gru, 'R', inputs[2])
  check(gru, 'R', R, [directions, 3 * H, H])
  const B = inputs[3] && inputs[3].kind !== 'zeros' ? constantOf(gru, 'B', inputs[3]) : undefined
  if (B) check(gru, 'B', B, [directions, 6 * H])
  return { inputSize, hiddenSize: H, directions, W, R, B }
}

function constantOf({ node }: GruCall, name: string, value: Value | undefined): Constant {
  if (value?.kind === 'constant') return value
  throw new FormatError(
    `the weights ${name} of the GRU ${nameOf(node)} are not floating-point numbers of the file`,
  )
}

function check({ node }: GruCall, name: string, { shape }: Constant, want: readonly number[]): void {
  if (shape.length === want.length && shape.every((size, i) => size === want[i])) return
  throw new FormatError(
    `the weights ${name} of the GRU ${nameOf(node)} have the shape [${shape.join(', ')}] instead of [${want.join(', ')}]`,
  )
}

/** Lengths of sequences are the caller's; a file that fixes shorter ones means something else. */
function checkLengths(gru: GruCall): void {
  const value = gru.inputs[4]
  if (!value || value.kind === 'input') return
  const time = sizeOf(gru.time)
  const all = (item: number | Group | undefined): boolean =>
    typeof item === 'number' ? item === time : item !== undefined && same(item, gru.time)
  if (value.kind === 'integers' && value.items?.every(all)) return
  throw new FormatError(`the GRU ${nameOf(gru.node)} has lengths of sequences fixed in the file`)
}

function cellsOf(
  { inputSize, hiddenSize: H, directions, W, R, B }: Parts,
  biases: number,
  work: Work,
): Cell[] {
  const w = gatesOf(valuesOf(W, work), directions)
  const u = gatesOf(valuesOf(R, work), directions)
  const b =
    biases > 0 ? gatesOf(B ? valuesOf(B, work) : new Float32Array(6 * H * directions), 2 * directions) : []
  return Array.from({ length: directions }, (_, d) => ({
    inputSize,
    hiddenSize: H,
    W: w[d],
    U: u[d],
    b: b[2 * d],
    c: b[2 * d + 1],
  }))
}

/** Bytes that such numbers take in a file. */
function bytesOf(shape: readonly number[], dtype: Dtype): number {
  return shape.reduce((a, b) => a * b, dtype === 'other' ? 0 : ITEM_SIZE[dtype])
}

/** Parts of weights of as many directions or biases, their gates made r, z, n in place. */
function gatesOf(values: Float32Array, parts: number): Float32Array[] {
  const length = values.length / parts
  return Array.from({ length: parts }, (_, i) =>
    swapGatesInPlace(values.subarray(i * length, (i + 1) * length)),
  )
}
