import { bytes, type Chunks, integer, message, text } from './encode.ts'

// The messages of a graph, written. Field numbers and types are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.

/** `TensorProto.DataType`. */
const FLOAT = 1
const INT64 = 7
/** `AttributeProto.AttributeType`. */
const INT = 2
const STRING = 3
const INTS = 7
const STRINGS = 8

/** A size of an input or output: fixed, or open and named. */
export type Size = number | string

/** A `NodeProto`, its attributes in the order given. */
export function node(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  name: string,
  attributes: Readonly<Record<string, number | string | readonly number[] | readonly string[]>>,
): Chunks {
  return message(
    ...inputs.map((input) => text(1, input)),
    ...outputs.map((output) => text(2, output)),
    text(3, name),
    text(4, op),
    ...Object.entries(attributes).map(([key, value]) => bytes(5, attribute(key, value))),
  )
}

function attribute(name: string, value: number | string | readonly number[] | readonly string[]): Chunks {
  if (typeof value === 'number') return message(text(1, name), integer(3, value), integer(20, INT))
  if (typeof value === 'string') return message(text(1, name), text(4, value), integer(20, STRING))
  const items = value.map((item) => (typeof item === 'number' ? integer(8, item) : text(9, item)))
  const type = typeof value[0] === 'string' ? STRINGS : INTS
  return message(text(1, name), ...items, integer(20, type))
}

/** A `TensorProto` of float32 numbers, the parts one behind the other. */
export function initialiser(name: string, shape: readonly number[], parts: readonly Float32Array[]): Chunks {
  const raw = new Uint8Array(4 * parts.reduce((sum, { length }) => sum + length, 0))
  const view = new DataView(raw.buffer)
  let at = 0
  for (const part of parts) {
    for (const value of part) {
      view.setFloat32(at, value, true)
      at += 4
    }
  }
  return message(integer(1, ...shape), integer(2, FLOAT), text(8, name), bytes(9, [raw]))
}

/** A `TensorProto` of a list of whole numbers. */
export function integers(name: string, values: readonly number[]): Chunks {
  const raw = new Uint8Array(8 * values.length)
  const view = new DataView(raw.buffer)
  values.forEach((value, i) => {
    view.setBigInt64(8 * i, BigInt(value), true)
  })
  return message(integer(1, values.length), integer(2, INT64), text(8, name), bytes(9, [raw]))
}

/** A `ValueInfoProto` of float32 numbers. */
export function port(name: string, sizes: readonly Size[]): Chunks {
  const shape = sizes.map((size) => bytes(1, typeof size === 'number' ? integer(1, size) : text(2, size)))
  const tensor = message(integer(1, FLOAT), bytes(2, message(...shape)))
  return message(text(1, name), bytes(2, bytes(1, tensor)))
}
