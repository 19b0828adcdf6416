import { bytes, type Chunks, integer, join, message, text } from '../../src/formats/onnx/encode.ts'
import { initialiser, integers, node, port, type Size } from '../../src/formats/onnx/write-proto.ts'

type Attributes = Parameters<typeof node>[4]

export interface Graph {
  readonly nodes: readonly Chunks[]
  readonly initialisers?: readonly Chunks[]
  /** Sizes by name. @default x [batch, time, inputs] */
  readonly inputs?: Readonly<Record<string, readonly Size[]>>
  /** @default y */
  readonly outputs?: readonly string[]
  /** Fields of the model beside graph and opset. */
  readonly more?: Chunks
}

/** An ONNX file of any graph. */
export function onnxFile({
  nodes,
  initialisers = [],
  inputs,
  outputs = ['y'],
  more = [],
}: Graph): Uint8Array {
  const given = Object.entries(inputs ?? { x: ['time', 'batch', INPUTS] })
  const graph = message(
    ...nodes.map((chunks) => bytes(1, chunks)),
    ...initialisers.map((chunks) => bytes(5, chunks)),
    ...given.map(([name, sizes]) => bytes(11, port(name, sizes))),
    ...outputs.map((name) => bytes(12, text(1, name))),
  )
  return join(message(integer(1, 8), bytes(7, graph), bytes(8, integer(2, 17)), more))
}

export const INPUTS = 2
export const HIDDEN = 3

/** A GRU node with its weights, counted up from 0 in hundredths; input `x`, output `y` where not said otherwise. */
export interface GruOptions {
  readonly name?: string
  /** X, sequence_lens, initial_h. */
  readonly x?: string
  readonly lengths?: string
  readonly first?: string
  /** Y, Y_h. */
  readonly y?: string
  readonly states?: string
  readonly attributes?: Attributes
  readonly inputSize?: number
  readonly hiddenSize?: number
  readonly directions?: number
  /** Names of W, R and B instead of those with numbers. */
  readonly weights?: readonly string[]
}

export function gru(options: GruOptions = {}): { node: Chunks; weights: Chunks[] } {
  const { name = 'gru', x = 'x', lengths = '', first = '', y = 'y', states = '', attributes } = options
  const { inputSize = INPUTS, hiddenSize = HIDDEN, directions: D = 1, weights } = options
  const names = weights ?? [`${name}.W`, `${name}.R`, `${name}.B`]
  const inputs = [x, ...names, lengths, first]
  return {
    node: node('GRU', inputs, [y, states], name, {
      hidden_size: hiddenSize,
      linear_before_reset: 1,
      ...attributes,
    }),
    weights: weights
      ? []
      : [
          floats(names[0], [D, 3 * hiddenSize, inputSize]),
          floats(names[1], [D, 3 * hiddenSize, hiddenSize]),
          floats(names[2], [D, 6 * hiddenSize]),
        ],
  }
}

/** A file with one GRU and what is around it. */
export function gruFile(options: GruOptions = {}, graph: Partial<Graph> = {}): Uint8Array {
  const made = gru(options)
  return onnxFile({
    ...graph,
    nodes: [made.node, ...(graph.nodes ?? [])],
    initialisers: [...made.weights, ...(graph.initialisers ?? [])],
  })
}

/** An initialiser whose numbers count up from 0 in hundredths, or those given. */
export function floats(name: string, shape: readonly number[], values?: readonly number[]): Chunks {
  const length = shape.reduce((a, b) => a * b, 1)
  return initialiser(name, shape, [Float32Array.from(values ?? Array.from({ length }, (_, i) => i / 100))])
}

/** A node with one more attribute, a number or a list of them. */
export function withFloats(chunks: Chunks, name: string, value: number | readonly number[]): Chunks {
  const raw = new Uint8Array(Float32Array.of(...[value].flat()).buffer)
  const field = typeof value === 'number' ? [Uint8Array.of(2 * 8 + 5), raw] : bytes(7, [raw])
  return message(chunks, bytes(5, message(text(1, name), field)))
}

export { integers, node }
