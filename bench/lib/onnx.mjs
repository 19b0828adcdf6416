// Just enough of ONNX to hand onnxruntime the graphs that suit it best; https://onnx.ai/onnx/repo-docs/IR.html.
// Independent of the package's own writer, which adds nodes for layers and layouts.

const FLOAT = 1
const VARINT = 0
const BYTES = 2
const OPSET = 17
const IR_VERSION = 8

/** A model of `nodes` between named float32 `inputs` and `outputs`, each { name, shape }. */
export function onnxModel({ nodes, initializers, inputs, outputs }) {
  const graph = message(
    ...nodes.map((node) => field(1, node)),
    field(2, text('g')),
    ...initializers.map((tensor) => field(5, tensor)),
    ...inputs.map((info) => field(11, valueInfo(info))),
    ...outputs.map((info) => field(12, valueInfo(info))),
  )
  return message(number(1, IR_VERSION), field(7, graph), field(8, message(number(2, OPSET))))
}

/** Attributes: { name: whole number }. An empty name stands for an input or output left out. */
export function node(type, inputs, outputs, attributes = {}) {
  return message(
    ...inputs.map((name) => field(1, text(name))),
    ...outputs.map((name) => field(2, text(name))),
    field(4, text(type)),
    ...Object.entries(attributes).map(([name, value]) =>
      field(5, message(field(1, text(name)), number(3, value), number(20, 2))),
    ),
  )
}

export function initializer(name, shape, values) {
  const [type, raw] = values instanceof BigInt64Array ? [7, values] : [FLOAT, Float32Array.from(values)]
  return message(
    ...shape.map((size) => number(1, size)),
    number(2, type),
    field(8, text(name)),
    field(9, new Uint8Array(raw.buffer)),
  )
}

function valueInfo({ name, shape }) {
  const dimensions = message(...shape.map((size) => field(1, message(number(1, size)))))
  const tensor = message(number(1, FLOAT), field(2, dimensions))
  return message(field(1, text(name)), field(2, message(field(1, tensor))))
}

const text = (value) => new TextEncoder().encode(value)
const message = (...parts) => Buffer.concat(parts)
const number = (id, value) => message(varint((id << 3) | VARINT), varint(value))
const field = (id, bytes) => message(varint((id << 3) | BYTES), varint(bytes.length), bytes)

function varint(value) {
  const bytes = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  bytes.push(rest)
  return Uint8Array.from(bytes)
}
