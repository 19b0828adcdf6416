import { quote } from '../../quote.ts'
import { FormatError } from '../error.ts'
import { MAX_FILE } from '../limits.ts'
import type { Contents, Reader, ReadSibling, Tensor } from '../types.ts'
import { interpret } from './interpret.ts'
import { GRAPH_FIELD, type Graph, MODEL_FIELDS, readModelProto } from './model-proto.ts'
import { readVarint } from './protobuf.ts'
import { type TensorRecord, tensorOf } from './tensor-proto.ts'

// https://github.com/onnx/onnx/blob/main/docs/IR.md. Nothing is run: the graph is only looked at.

/** Highest `ir_version` that is thought to be one. */
const MAX_IR_VERSION = 1000

export const onnx: Reader = {
  format: 'onnx',
  matches: isModelProto,

  async open(bytes, readSibling): Promise<Contents> {
    const model = readModelProto(bytes)
    const siblings = await readExternal(model.graph, readSibling)
    const records = model.graph.initialisers.map((record) => resolve(record, siblings))
    const tensors = new Map<string, Tensor>()
    for (const record of records) {
      if (tensors.has(record.name)) {
        throw new FormatError(`the graph has two initialisers ${quote(record.name)}`)
      }
      tensors.set(record.name, tensorOf(record))
    }
    const graph = { ...model.graph, initialisers: records }
    const available = [...siblings.values()].reduce((sum, { length }) => sum + length, bytes.length)
    return {
      format: 'onnx',
      tensors,
      metadata: model.metadata,
      interpret: (options) => interpret({ ...model, graph }, tensors, available, options),
    }
  },
}

/**
 * ONNX has no mark of its own. A file is taken for one when it begins as `ModelProto` does: with its version, and
 * nothing but its fields up to the graph. What other formats begin with is no such field.
 */
function isModelProto(bytes: Uint8Array): boolean {
  try {
    let version = 0
    for (let at = 0; at < bytes.length; ) {
      const tag = readVarint(bytes, at, 'the file')
      const number = Math.floor(tag.value / 8)
      if (MODEL_FIELDS.get(number) !== (tag.value & 7)) return false
      if (number === GRAPH_FIELD) return version > 0 && version < MAX_IR_VERSION
      const { value, end } = readVarint(bytes, tag.end, 'the file')
      if (number === 1) version = value
      at = (tag.value & 7) === 2 ? end + value : end
      if (at < end) return false
    }
    return false
  } catch {
    // Ended in the middle of a number.
    return false
  }
}

/** The files beside this one that hold its weights. */
async function readExternal(graph: Graph, readSibling: ReadSibling): Promise<Map<string, Uint8Array>> {
  const siblings = new Map<string, Uint8Array>()
  let total = 0
  for (const { external } of graph.initialisers) {
    if (!external || siblings.has(external.location)) continue
    const bytes = await readSibling(external.location)
    total += bytes.length
    if (total > MAX_FILE) throw new FormatError('the files beside the ONNX file have more than 1 GB')
    siblings.set(external.location, bytes)
  }
  return siblings
}

/** A tensor with its numbers, wherever they are. */
function resolve(record: TensorRecord, siblings: ReadonlyMap<string, Uint8Array>): TensorRecord {
  const { name, external } = record
  const bytes = external && siblings.get(external.location)
  if (!bytes) return record
  const { location, offset, length = bytes.length - offset } = external
  if (offset > bytes.length || length > bytes.length - offset) {
    throw new FormatError(
      `the tensor ${quote(name)} lies at ${offset} to ${offset + length} of ${quote(location)}, which has ${bytes.length} bytes`,
    )
  }
  return { ...record, bytes: bytes.subarray(offset, offset + length) }
}
