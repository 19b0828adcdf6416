import { integer } from './arguments.ts'
import { axis, same } from './axes.ts'
import type { Node } from './model-proto.ts'
import type { Constant, Head, Hidden, Projected, Value } from './values.ts'

type Inputs = readonly (Value | undefined)[]

/** `MatMul` of a GRU's outputs and weights; undefined when it is another product. */
export function matMul(node: Node, [data, weight]: Inputs): Projected | undefined {
  return isHidden(data) && weight?.kind === 'constant' ? project(node, data, weight, true) : undefined
}

/** `Gemm` of a GRU's outputs, weights and biases, as `nn.Linear` is written for one step. */
export function gemm(node: Node, [data, weight, bias]: Inputs): Projected | undefined {
  const { attributes } = node
  const plain =
    (attributes.get('alpha')?.f ?? 1) === 1 &&
    (attributes.get('beta')?.f ?? 1) === 1 &&
    integer(node, 'transA', 0) === 0
  if (!plain || !isHidden(data) || data.axes.length !== 2 || weight?.kind !== 'constant') return undefined
  const projected = project(node, data, weight, integer(node, 'transB', 0) === 0)
  return projected && bias ? addBias(projected, bias) : projected
}

/** `Add` of a linear layer's product and its biases, in either order. */
export function add([a, b]: Inputs): Projected | undefined {
  if (a?.kind === 'projected') return addBias(a, b)
  return b?.kind === 'projected' ? addBias(b, a) : undefined
}

function isHidden(value: Value | undefined): value is Hidden {
  return value?.kind === 'y' || value?.kind === 'states'
}

function project(node: Node, data: Hidden, weight: Constant, columns: boolean): Projected | undefined {
  const { gru, axes, steps } = data
  const features = gru.hiddenSize * (gru.direction === 'bidirectional' ? 2 : 1)
  const [inputs, outputSize] = columns ? weight.shape : [...weight.shape].reverse()
  // Last states of two directions are those of different steps, so that no step has both.
  const apart = data.kind === 'states' && gru.direction === 'bidirectional'
  const fits = weight.shape.length === 2 && inputs === features && outputSize > 0
  if (apart || !fits || !same(axes.at(-1) ?? [], gru.features)) return undefined
  const outputs = axis(outputSize)
  const head: Head = { gru, node, weight, columns, outputSize, outputs, steps }
  return { kind: 'projected', head, steps, axes: [...axes.slice(0, -1), outputs] }
}

function addBias(projected: Projected, bias: Value | undefined): Projected | undefined {
  const { head, axes } = projected
  if (head.bias || bias?.kind !== 'constant' || !same(axes.at(-1) ?? [], head.outputs)) return undefined
  const { shape } = bias
  const fits =
    shape.length <= axes.length &&
    shape.every((size, i) => size === (i < shape.length - 1 ? 1 : head.outputSize))
  return fits && shape.length > 0 ? { ...projected, head: { ...head, bias } } : undefined
}
