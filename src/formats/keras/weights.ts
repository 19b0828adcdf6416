import { quote } from '../../quote.ts'
import { FormatError } from '../error.ts'
import type { Tensor } from '../types.ts'
import { type KerasLayer, nameLayer } from './layer.ts'
import { isRandomState } from './paths.ts'

/** Weights of one GRU in one direction, gates stacked z, r, h on columns. */
export interface CellTensors {
  /** [inputs][3 · units]. */
  readonly kernel: Tensor
  /** [units][3 · units]. */
  readonly recurrent: Tensor
  /** [3 · units], or [2][3 · units] with reset after. */
  readonly bias?: Tensor
  readonly inputs: number
  readonly units: number
}

export interface DenseTensors {
  /** [inputs][outputs]. */
  readonly kernel: Tensor
  readonly bias?: Tensor
}

const CELL_ROLES = ['kernel', 'recurrent_kernel', 'bias']
const DENSE_ROLES = ['kernel', 'bias']

/**
 * The weights of a GRU layer, or of both directions of a Bidirectional one.
 * @throws FormatError when some are missing, unknown or of an impossible shape
 */
export function cellTensors(layer: KerasLayer): { forward: CellTensors; backward?: CellTensors } {
  const forward = new Map<string, Tensor>()
  const backward = new Map<string, Tensor>()
  for (const [path, tensor] of layer.weights) {
    const isBackward = path.split('/').some((part) => part.startsWith('backward_'))
    put(layer, isBackward ? backward : forward, path, CELL_ROLES, tensor)
  }
  return {
    forward: cell(layer, forward),
    ...(layer.kind === 'Bidirectional' && { backward: cell(layer, backward) }),
  }
}

/** @throws FormatError when weights of a Dense layer are missing, unknown or of an impossible shape */
export function denseTensors(layer: KerasLayer): DenseTensors {
  const found = new Map<string, Tensor>()
  for (const [path, tensor] of layer.weights) put(layer, found, path, DENSE_ROLES, tensor)
  const kernel = found.get('kernel')
  const bias = found.get('bias')
  if (kernel?.shape.length !== 2) throw misshapen(layer, 'kernel', kernel)
  if (bias && !isShape(bias, [kernel.shape[1]])) throw misshapen(layer, 'bias', bias)
  return { kernel, bias }
}

function put(
  layer: KerasLayer,
  found: Map<string, Tensor>,
  path: string,
  roles: readonly string[],
  tensor: Tensor,
): void {
  // Dropout keeps the state of its random numbers in the layer that it is part of.
  if (isRandomState(path)) return
  const role = roleOf(path, roles)
  if (role === undefined)
    throw new FormatError(`the layer ${nameLayer(layer)} has the unknown weight ${quote(path)}`)
  if (found.has(role)) throw new FormatError(`the layer ${nameLayer(layer)} has two weights ${quote(role)}`)
  found.set(role, tensor)
}

/** By name, `…/kernel` or `…/kernel:0`, or in Keras 3's weights by number, `…/vars/0`. */
function roleOf(path: string, roles: readonly string[]): string | undefined {
  const parts = path.split('/')
  const last = parts[parts.length - 1].replace(/:\d+$/, '')
  if (parts[parts.length - 2] === 'vars') return /^\d$/.test(last) ? roles[Number(last)] : undefined
  return roles.find((role) => role === last)
}

function cell(layer: KerasLayer, found: ReadonlyMap<string, Tensor>): CellTensors {
  const kernel = found.get('kernel')
  const recurrent = found.get('recurrent_kernel')
  const bias = found.get('bias')
  if (recurrent?.shape.length !== 2) throw misshapen(layer, 'recurrent kernel', recurrent)
  const [units, columns] = recurrent.shape
  if (columns === 4 * units) {
    throw new FormatError(
      `the layer ${nameLayer(layer)} has four gates, as an LSTM has, not the three of a GRU`,
    )
  }
  if (units < 1 || columns !== 3 * units) throw misshapen(layer, 'recurrent kernel', recurrent)
  if (kernel?.shape.length !== 2 || kernel.shape[1] !== columns) throw misshapen(layer, 'kernel', kernel)
  if (bias && !isShape(bias, [columns]) && !isShape(bias, [2, columns])) throw misshapen(layer, 'bias', bias)
  return { kernel, recurrent, bias, inputs: kernel.shape[0], units }
}

function isShape(tensor: Tensor, shape: readonly number[]): boolean {
  return tensor.shape.length === shape.length && shape.every((size, i) => size === tensor.shape[i])
}

function misshapen(layer: KerasLayer, role: string, tensor: Tensor | undefined): FormatError {
  const what = tensor
    ? `has a ${role} of the impossible shape [${tensor.shape.join(', ')}]`
    : `has no ${role}`
  return new FormatError(`the layer ${nameLayer(layer)} ${what}`)
}
