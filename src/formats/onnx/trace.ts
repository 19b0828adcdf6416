import { quote } from '../../quote.ts'
import { FormatError } from '../error.ts'
import type { Tensor } from '../types.ts'
import { integer } from './arguments.ts'
import { axis, same } from './axes.ts'
import { MAX_LAYERS } from './choose-layers.ts'
import { constantOf, isZero } from './fold.ts'
import { callGru, outputAxes } from './gru-call.ts'
import { integersValue, onIntegers, shapeOf } from './integers.ts'
import { add, gemm, matMul } from './linear.ts'
import type { Graph, Node } from './model-proto.ts'
import { rearrange, rearrangeConstant } from './rearrange.ts'
import { integersOf, type TensorRecord, tensorOf } from './tensor-proto.ts'
import { followed, type GruCall, type Head, type Hidden, type Unknown, type Value } from './values.ts'
import type { Work } from './work.ts'

/** `TensorProto.DataType` of float and double: casts to others round. */
const WIDE_FLOATS = [1, 11]
/** Nodes that only move numbers. */
const MOVES = new Set([
  'Cast',
  'Concat',
  'Expand',
  'Flatten',
  'Gather',
  'Reshape',
  'Slice',
  'Split',
  'Squeeze',
  'Tile',
  'Transpose',
  'Unsqueeze',
])

/** What is known of a graph. */
export interface Trace {
  readonly grus: readonly GruCall[]
  readonly heads: readonly Head[]
  /** Names and values of the graph's outputs. */
  readonly outputs: ReadonlyMap<string, Value>
}

/**
 * Follows every value of a graph from its inputs to its outputs, without running it.
 * @param tensors the initialisers by name
 * @throws FormatError when the graph is not one, its GRU nodes make no sense, or it is too much work
 */
export function trace(graph: Graph, tensors: ReadonlyMap<string, Tensor>, work: Work): Trace {
  const values = new Map<string, Value>()
  const grus = new Set<GruCall>()
  const heads = new Set<Head>()
  for (const record of graph.initialisers) values.set(record.name, leafOf(record, tensors.get(record.name)))
  for (const { name, sizes = [undefined, undefined, undefined] } of graph.inputs) {
    if (!values.has(name)) values.set(name, { kind: 'input', name, axes: sizes.map(axis), part: false })
  }
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((name) => (name === '' ? undefined : find(values, name)))
    const results = run(node, inputs, work)
    const other = unknown(node, inputs)
    node.outputs.forEach((name, i) => {
      if (name === '') return
      if (values.has(name)) throw new FormatError(`two nodes of the graph make ${quote(name)}`)
      values.set(name, results[i] ?? other)
    })
    for (const result of results) {
      if (result?.kind === 'y') grus.add(result.gru)
      if (result?.kind === 'projected') heads.add(result.head)
    }
  }
  const outputs = new Map(graph.outputs.map(({ name }) => [name, find(values, name)]))
  return { grus: [...grus], heads: [...heads], outputs }
}

function find(values: ReadonlyMap<string, Value>, name: string): Value {
  const value = values.get(name)
  if (!value) throw new FormatError(`the graph uses ${quote(name)} before anything makes it`)
  return value
}

function unknown(node: Node, inputs: readonly (Value | undefined)[]): Unknown {
  const before = inputs.find((value) => value?.kind === 'unknown')
  const after = inputs.map(followed).find((gru) => gru)
  return { kind: 'unknown', cause: before?.cause ?? node, after }
}

function leafOf(record: TensorRecord, tensor: Tensor = tensorOf(record)): Value {
  if (['F64', 'F32', 'F16', 'BF16'].includes(tensor.dtype)) return constantOf(record.name, tensor)
  return { ...integersValue(integersOf(record)), scalar: record.shape.length === 0 }
}

/** The outputs of a node, as far as they are known. */
function run(node: Node, inputs: readonly (Value | undefined)[], work: Work): (Value | undefined)[] {
  if (node.domain !== '') return []
  const [first] = inputs
  if (node.op === 'GRU') {
    const gru = callGru(node, inputs)
    const { y, states } = outputAxes(gru)
    const steps = gru.direction === 'reverse' ? 'first' : 'last'
    return [
      { kind: 'y', gru, axes: y, steps: 'all' },
      { kind: 'states', gru, axes: states, steps },
    ]
  }
  if (node.op === 'Constant') return [constant(node)]
  if (node.op === 'Shape') return [shapeOf(node, first)]
  if (isIdentity(node, inputs)) return [first]
  if (node.op === 'MatMul') return [matMul(node, inputs)]
  if (node.op === 'Gemm') return [gemm(node, inputs)]
  if (node.op === 'Add' && inputs.some((value) => value?.kind === 'projected')) return [add(inputs)]
  const given = inputs.filter((value) => value !== undefined)
  if (given.length > 0 && given.every(({ kind }) => kind === 'integers')) {
    return [zerosOfShape(node, work) ?? onIntegers(node, inputs)]
  }
  switch (first?.kind) {
    case 'zeros':
      return MOVES.has(node.op) && given.every(({ kind }) => kind === 'zeros' || kind === 'integers')
        ? node.outputs.map(() => first)
        : []
    case 'constant':
      return [
        node.op === 'Expand' && isZero(first, work)
          ? { kind: 'zeros' }
          : rearrangeConstant(node, first, inputs),
      ]
    case 'joined':
      return [onJoined(node, first, inputs)]
    case 'input':
      if (node.op === 'Split' || node.op === 'Cast') return node.outputs.map(() => ({ ...first, part: true }))
      return [rearrange(node, first, inputs, work)]
    case 'y':
    case 'projected':
      return [rearrange(node, first, inputs, work)]
    case 'states':
      return [node.op === 'Concat' ? join(node, inputs) : rearrange(node, first, inputs, work)]
    default:
      return []
  }
}

/** Whether a node gives its first input unchanged, when the model is not in training. */
function isIdentity(node: Node, inputs: readonly (Value | undefined)[]): boolean {
  const [first] = inputs
  if (node.op === 'Identity') return true
  if (node.op === 'Dropout') return inputs[2] === undefined || isFalse(inputs[2])
  if (node.op === 'Concat') return inputs.length === 1
  return node.op === 'Cast' && first?.kind !== 'integers' && WIDE_FLOATS.includes(integer(node, 'to', 0))
}

function isFalse(value: Value): boolean {
  return value.kind === 'integers' && value.items?.length === 1 && value.items[0] === 0
}

function constant(node: Node): Value | undefined {
  const { attributes, outputs } = node
  const tensor = attributes.get('value')?.tensor
  if (tensor) return leafOf({ ...tensor, name: outputs[0] ?? '' })
  const number = attributes.get('value_int')?.i
  if (number !== undefined) return { ...integersValue([number]), scalar: true }
  const numbers = attributes.get('value_ints')?.ints
  if (numbers) return integersValue(numbers)
  return attributes.get('value_float')?.f === 0 ? { kind: 'zeros' } : undefined
}

/** `ConstantOfShape`, whose value is zero if not given. */
function zerosOfShape(node: Node, work: Work): Value | undefined {
  if (node.op !== 'ConstantOfShape') return undefined
  const value = node.attributes.get('value')?.tensor
  if (!value) return { kind: 'zeros' }
  const filled = leafOf(value)
  if (filled.kind !== 'constant') return undefined
  return isZero(filled, work) ? { kind: 'zeros' } : { kind: 'unknown', cause: node }
}

/** `Concat` of the last states of several layers. */
function join(node: Node, inputs: readonly (Value | undefined)[]): Value | undefined {
  const parts = inputs.flatMap((value) => (value?.kind === 'states' ? [value] : []))
  const untouched = parts.every(({ axes, gru }) => {
    const { states } = outputAxes(gru)
    return axes.length === states.length && axes.every((group, i) => same(group, states[i]))
  })
  const layerFirst = parts.every(({ gru }) => gru.order[0] === 'time')
  if (
    parts.length !== inputs.length ||
    parts.length > MAX_LAYERS ||
    !untouched ||
    integer(node, 'axis', 0) !== (layerFirst ? 0 : 1)
  ) {
    return undefined
  }
  return { kind: 'joined', parts: layerFirst ? parts : undefined, grus: parts.map(({ gru }) => gru) }
}

/** Joined states are cut into those of layers again, or only shown. */
function onJoined(
  node: Node,
  joined: Extract<Value, { kind: 'joined' }>,
  inputs: readonly (Value | undefined)[],
): Value | undefined {
  if (!MOVES.has(node.op)) return undefined
  return layerOf(node, joined.parts, inputs) ?? { kind: 'joined', grus: joined.grus }
}

/** The states of one layer of one direction, taken by its index along the first axis. */
function layerOf(
  node: Node,
  parts: readonly Hidden[] | undefined,
  inputs: readonly (Value | undefined)[],
): Value | undefined {
  const index = inputs[1]
  if (!parts || node.op !== 'Gather' || integer(node, 'axis', 0) !== 0 || index?.kind !== 'integers')
    return undefined
  const [at] = index.items ?? []
  if (index.items?.length !== 1 || typeof at !== 'number') return undefined
  const part = parts.every(({ gru }) => gru.direction !== 'bidirectional') ? parts.at(at) : undefined
  return part && { ...part, axes: index.scalar ? part.axes.slice(1) : part.axes }
}
