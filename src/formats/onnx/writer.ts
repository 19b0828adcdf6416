import { layout } from '../../engine/layout.ts'
import type { Model } from '../../engine/model.ts'
import { directions, type GruSpec } from '../../engine/spec.ts'
import { swapGates, transpose } from '../assemble.ts'
import { express } from '../express.ts'
import { NATIVE_KEY, writeDescription } from '../native.ts'
import type { Writer } from '../types.ts'
import { bytes, type Chunks, integer, join, message, text } from './encode.ts'
import { initialiser, integers, node, port, type Size } from './write-proto.ts'

/** GRU has had its attributes since opset 14, which IR version 7 came with (ONNX 1.9, of 2021). */
const IR_VERSION = 7
const OPSET = 14

/**
 * One GRU node a layer and the projection as MatMul and Add, batch first as in PyTorch.
 *
 * Inputs are x [batch, time, inputSize] and h0 [layers · directions, batch, hiddenSize]; outputs are out
 * [batch, time, outputSize] where there is a projection, y [batch, time, directions · hiddenSize] and
 * hn [layers · directions, batch, hiddenSize].
 * @throws FormatError when the cell is `no-carry`, of which ONNX has no equivalent
 */
export const writeOnnx: Writer = (model, preprocessing) => {
  const { model: written, notes } = express(model, 'ONNX', ['reset-after', 'reset-before'])
  const { spec } = written
  // Where the cell was changed, weights were lost: what is left is described as it is.
  const described = spec.cell === model.spec.cell ? model.spec : spec
  const entry = message(text(1, NATIVE_KEY), text(2, writeDescription(described, preprocessing)))
  const file = message(
    integer(1, IR_VERSION),
    text(2, 'gruflow'),
    bytes(7, graphOf(written)),
    bytes(14, entry),
    // Last, because a model without an opset is none: a file cut short is never taken for a whole one.
    bytes(8, message(text(1, ''), integer(2, OPSET))),
  )
  return { bytes: join(file), notes }
}

function graphOf(model: Model): Chunks {
  const { spec } = model
  const H = spec.hiddenSize
  const states = spec.layers * directions(spec)
  const sequence = (features: number): readonly Size[] => ['batch', 'time', features]
  const nodes = [...gruNodes(spec), ...(spec.outputSize > 0 ? headNodes() : [])]
  const outputs = [
    ...(spec.outputSize > 0 ? [port('out', sequence(spec.outputSize))] : []),
    port('y', sequence(directions(spec) * H)),
    port('hn', [states, 'batch', H]),
  ]
  return message(
    ...nodes.map((chunks) => bytes(1, chunks)),
    text(2, 'gru'),
    ...initialisers(model).map((chunks) => bytes(5, chunks)),
    ...[port('x', sequence(spec.inputSize)), port('h0', [states, 'batch', H])].map((chunks) =>
      bytes(11, chunks),
    ),
    ...outputs.map((chunks) => bytes(12, chunks)),
  )
}

/** The layers, each fed by that below, time first in between. */
function gruNodes(spec: GruSpec): Chunks[] {
  const D = directions(spec)
  const nodes = [node('Transpose', ['x'], ['x.time-first'], 'gru.in', { perm: [1, 0, 2] })]
  const gates = spec.recurrentActivation === 'hard-sigmoid' ? ['HardSigmoid', 'Tanh'] : ['Sigmoid', 'Tanh']
  let below = 'x.time-first'
  for (let l = 0; l < spec.layers; l++) {
    const name = `gru.l${l}`
    const first = spec.layers === 1 ? 'h0' : `${name}.h0`
    if (spec.layers > 1) {
      const range = [`${name}.start`, `${name}.end`, 'gru.axis']
      nodes.push(node('Slice', ['h0', ...range], [first], `${name}.first`, {}))
    }
    const bias = spec.biases > 0 ? `${name}.B` : ''
    const last = spec.layers === 1 ? 'hn' : `${name}.hn`
    nodes.push(
      node('GRU', [below, `${name}.W`, `${name}.R`, bias, '', first], [`${name}.Y`, last], name, {
        activations: Array.from({ length: D }, () => gates).flat(),
        direction: spec.direction,
        hidden_size: spec.hiddenSize,
        linear_before_reset: spec.cell === 'reset-after' ? 1 : 0,
      }),
      node('Transpose', [`${name}.Y`], [`${name}.rows`], `${name}.join`, { perm: [0, 2, 1, 3] }),
      node('Reshape', [`${name}.rows`, 'gru.features'], [`${name}.y`], `${name}.flat`, {}),
    )
    below = `${name}.y`
  }
  nodes.push(node('Transpose', [below], ['y'], 'gru.out', { perm: [1, 0, 2] }))
  if (spec.layers > 1) {
    const parts = Array.from({ length: spec.layers }, (_, l) => `gru.l${l}.hn`)
    nodes.push(node('Concat', parts, ['hn'], 'gru.last', { axis: 0 }))
  }
  return nodes
}

function headNodes(): Chunks[] {
  return [
    node('MatMul', ['y', 'head.weight'], ['head.product'], 'head/MatMul', {}),
    node('Add', ['head.product', 'head.bias'], ['out'], 'head/Add', {}),
  ]
}

function initialisers({ spec, weights }: Model): Chunks[] {
  const { cells, head } = layout(spec)
  const H = spec.hiddenSize
  const D = directions(spec)
  const gates = (at: number, size: number): Float32Array => swapGates(weights.subarray(at, at + 3 * H * size))
  const list = [integers('gru.features', [0, 0, -1])]
  if (spec.layers > 1) list.push(integers('gru.axis', [0]))
  for (let l = 0; l < spec.layers; l++) {
    const layer = cells.slice(l * D, (l + 1) * D)
    const I = layer[0].inputSize
    list.push(
      initialiser(
        `gru.l${l}.W`,
        [D, 3 * H, I],
        layer.map(({ W }) => gates(W, I)),
      ),
    )
    list.push(
      initialiser(
        `gru.l${l}.R`,
        [D, 3 * H, H],
        layer.map(({ U }) => gates(U, H)),
      ),
    )
    if (spec.biases > 0) {
      const none = new Float32Array(3 * H)
      const both = layer.flatMap(({ b, c }) => [gates(b, 1), c < 0 ? none : gates(c, 1)])
      list.push(initialiser(`gru.l${l}.B`, [D, 6 * H], both))
    }
    if (spec.layers > 1) {
      list.push(integers(`gru.l${l}.start`, [l * D]), integers(`gru.l${l}.end`, [(l + 1) * D]))
    }
  }
  if (!head) return list
  const matrix = transpose(weights.subarray(head.W, head.b), spec.outputSize, D * H)
  const bias = weights.subarray(head.b, head.b + spec.outputSize)
  return [
    ...list,
    initialiser('head.weight', [D * H, spec.outputSize], [matrix]),
    initialiser('head.bias', [spec.outputSize], [bias]),
  ]
}
