import { quote } from '../../quote.ts'
import { FormatError } from '../error.ts'
import { MAX_DIMENSIONS, MAX_TENSORS } from '../limits.ts'
import {
  appendFloats,
  appendIntegers,
  type Budget,
  bytesOf,
  createBudget,
  fields,
  floatOf,
  integerOf,
  textOf,
} from './protobuf.ts'
import { readEntry, readTensorProto, type TensorRecord } from './tensor-proto.ts'

// The few messages of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto that a GRU needs.

/** An attribute's values by kind; those of other kinds (graphs, sparse tensors) are not read. */
export interface Attribute {
  readonly f?: number
  readonly i?: number
  readonly s?: string
  readonly tensor?: TensorRecord
  readonly floats: readonly number[]
  readonly ints: readonly number[]
  readonly strings: readonly string[]
}

export interface Node {
  readonly name: string
  readonly op: string
  readonly domain: string
  /** Names of values; '' for an optional one left out. */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: ReadonlyMap<string, Attribute>
}

/** An input or output of the graph. */
export interface Port {
  readonly name: string
  /** Sizes, undefined where they are open; undefined when even their number is. */
  readonly sizes?: readonly (number | undefined)[]
}

export interface Graph {
  readonly nodes: readonly Node[]
  readonly initialisers: readonly TensorRecord[]
  readonly inputs: readonly Port[]
  readonly outputs: readonly Port[]
}

export interface ModelRecord {
  readonly graph: Graph
  /** What the file says about itself: producer, versions, `metadata_props`. */
  readonly metadata: ReadonlyMap<string, string>
}

/** Fields of `ModelProto` and their wire types. */
export const MODEL_FIELDS: ReadonlyMap<number, number> = new Map([
  [1, 0],
  [2, 2],
  [3, 2],
  [4, 2],
  [5, 0],
  [6, 2],
  [7, 2],
  [8, 2],
  [14, 2],
  [20, 2],
  [25, 2],
  [26, 2],
])
export const GRAPH_FIELD = 7
/** Key of the version of ONNX's own operators. */
const OPSET = 'opset ai.onnx'

/** @throws FormatError when the bytes are not a whole ONNX model */
export function readModelProto(bytes: Uint8Array): ModelRecord {
  const budget = createBudget()
  const metadata = new Map<string, string>()
  const props = new Map<string, string>()
  let graph: Uint8Array | undefined
  for (const field of fields(bytes, budget, 'the ONNX model')) {
    if (field.number === 1) metadata.set('ir_version', String(integerOf(field, 'the ONNX model')))
    else if (field.number === 2) metadata.set('producer_name', textOf(field, budget, 'the ONNX model'))
    else if (field.number === 3) metadata.set('producer_version', textOf(field, budget, 'the ONNX model'))
    else if (field.number === GRAPH_FIELD) graph = bytesOf(field, 'the ONNX model')
    else if (field.number === 8) readOpset(metadata, bytesOf(field, 'the ONNX model'), budget)
    else if (field.number === 14) readEntry(props, bytesOf(field, 'the ONNX model'), budget)
  }
  if (!graph) throw new FormatError('the ONNX model has no graph')
  for (const [key, value] of props) metadata.set(key, value)
  const model = { graph: readGraph(graph, budget), metadata }
  if (!metadata.has(OPSET)) {
    throw new FormatError('the ONNX model does not say of which opset its nodes are')
  }
  return model
}

function readOpset(metadata: Map<string, string>, bytes: Uint8Array, budget: Budget): void {
  let domain = ''
  let version = 0
  for (const field of fields(bytes, budget, 'an opset')) {
    if (field.number === 1) domain = ownDomain(textOf(field, budget, 'an opset'))
    else if (field.number === 2) version = integerOf(field, 'an opset')
  }
  metadata.set(domain ? `opset ${domain}` : OPSET, String(version))
}

function readGraph(bytes: Uint8Array, budget: Budget): Graph {
  const nodes: Node[] = []
  const initialisers: TensorRecord[] = []
  const inputs: Port[] = []
  const outputs: Port[] = []
  for (const field of fields(bytes, budget, 'the graph')) {
    if (field.number === 1) nodes.push(readNode(bytesOf(field, 'the graph'), budget))
    else if (field.number === 5) initialisers.push(readTensorProto(bytesOf(field, 'the graph'), budget))
    else if (field.number === 11) inputs.push(readPort(bytesOf(field, 'the graph'), budget))
    else if (field.number === 12) outputs.push(readPort(bytesOf(field, 'the graph'), budget))
    else if (field.number === 15) throw new FormatError('the graph has sparse tensors, which are not read')
    if (initialisers.length > MAX_TENSORS) {
      throw new FormatError(`the graph has more than ${MAX_TENSORS} initialisers`)
    }
  }
  return { nodes, initialisers, inputs, outputs }
}

function readNode(bytes: Uint8Array, budget: Budget): Node {
  const inputs: string[] = []
  const outputs: string[] = []
  const attributes = new Map<string, Attribute>()
  let name = ''
  let op = ''
  let domain = ''
  for (const field of fields(bytes, budget, 'a node')) {
    if (field.number === 1) inputs.push(textOf(field, budget, 'a node'))
    else if (field.number === 2) outputs.push(textOf(field, budget, 'a node'))
    else if (field.number === 3) name = textOf(field, budget, 'a node')
    else if (field.number === 4) op = textOf(field, budget, 'a node')
    else if (field.number === 5) readAttribute(attributes, bytesOf(field, 'a node'), budget)
    else if (field.number === 7) domain = textOf(field, budget, 'a node')
  }
  return { name, op, domain: ownDomain(domain), inputs, outputs, attributes }
}

/** ONNX's own operators go by two names. */
function ownDomain(domain: string): string {
  return domain === 'ai.onnx' ? '' : domain
}

function readAttribute(attributes: Map<string, Attribute>, bytes: Uint8Array, budget: Budget): void {
  const what = 'an attribute'
  const floats: number[] = []
  const ints: number[] = []
  const strings: string[] = []
  let name = ''
  let f: number | undefined
  let i: number | undefined
  let s: string | undefined
  let tensor: TensorRecord | undefined
  for (const field of fields(bytes, budget, what)) {
    if (field.number === 1) name = textOf(field, budget, what)
    else if (field.number === 2) f = floatOf(field, what)
    else if (field.number === 3) i = integerOf(field, what)
    else if (field.number === 4) s = textOf(field, budget, what)
    else if (field.number === 5) tensor = readTensorProto(bytesOf(field, what), budget)
    else if (field.number === 7) appendFloats(floats, field, budget, what)
    else if (field.number === 8) appendIntegers(ints, field, budget, what)
    else if (field.number === 9) strings.push(textOf(field, budget, what))
  }
  if (attributes.has(name)) throw new FormatError(`a node has two attributes ${quote(name)}`)
  attributes.set(name, { f, i, s, tensor, floats, ints, strings })
}

/** `ValueInfoProto`: a name, and in its type a tensor's shape. */
function readPort(bytes: Uint8Array, budget: Budget): Port {
  const what = 'an input or output'
  let name = ''
  let sizes: (number | undefined)[] | undefined
  for (const field of fields(bytes, budget, what)) {
    if (field.number === 1) name = textOf(field, budget, what)
    if (field.number !== 2) continue
    for (const type of fields(bytesOf(field, what), budget, what)) {
      if (type.number !== 1) continue
      for (const part of fields(bytesOf(type, what), budget, what)) {
        if (part.number === 2) sizes = readSizes(bytesOf(part, what), budget)
      }
    }
  }
  return { name, sizes }
}

function readSizes(bytes: Uint8Array, budget: Budget): (number | undefined)[] {
  const what = 'a shape'
  const sizes: (number | undefined)[] = []
  for (const field of fields(bytes, budget, what)) {
    if (field.number !== 1) continue
    let size: number | undefined
    for (const part of fields(bytesOf(field, what), budget, what)) {
      if (part.number === 1) size = integerOf(part, what)
    }
    sizes.push(size !== undefined && size > 0 ? size : undefined)
    if (sizes.length > MAX_DIMENSIONS) {
      throw new FormatError(`an input or output has more than ${MAX_DIMENSIONS} dimensions`)
    }
  }
  return sizes
}
