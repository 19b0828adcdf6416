import ort from 'onnxruntime-node'
import { initializer, node, onnxModel } from '../lib/onnx.mjs'

/** One thread, all graph optimisations. */
const OPTIONS = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
}

/**
 * onnxruntime-node on one of two graphs: ONNX's GRU operator as exporters write it, or the same equations by hand
 * from matrix products, which can be faster for many streams. Tensors are made once; the two states take turns as
 * input and as preallocated output.
 */
export async function open(shape, weights, streams, graph) {
  const { model, inputShape, stateShape } = graphs[graph](shape, weights, streams)
  const session = await ort.InferenceSession.create(model, OPTIONS)
  const tensor = (dims) => new ort.Tensor('float32', new Float32Array(dims.reduce((a, b) => a * b)), dims)
  const x = tensor(inputShape)
  let feeds = { x, h: tensor(stateShape) }
  let fetches = { next: tensor(stateShape) }
  let otherFeeds = { x, h: fetches.next }
  let otherFetches = { next: feeds.h }
  return {
    name: `onnxruntime-node (${graph})`,
    async step(input) {
      x.data.set(input)
      await session.run(feeds, fetches)
      const result = fetches.next.data
      ;[feeds, otherFeeds] = [otherFeeds, feeds]
      ;[fetches, otherFetches] = [otherFetches, fetches]
      return result
    },
  }
}

const graphs = { GRU: gruGraph, Gemm: gemmGraph }

function gruGraph({ inputSize: I, hiddenSize: H }, { wi, wh, bi, bh }, streams) {
  // ONNX stacks the gates z, r, n.
  const swap = (vector, columns) => {
    const size = H * columns
    const parts = [1, 0, 2].map((gate) => vector.subarray(gate * size, (gate + 1) * size))
    return parts.flatMap((part) => [...part])
  }
  const inputShape = [1, streams, I]
  const stateShape = [1, streams, H]
  const model = onnxModel({
    nodes: [
      node('GRU', ['x', 'W', 'R', 'B', '', 'h'], ['', 'next'], { hidden_size: H, linear_before_reset: 1 }),
    ],
    initializers: [
      initializer('W', [1, 3 * H, I], swap(wi, I)),
      initializer('R', [1, 3 * H, H], swap(wh, H)),
      initializer('B', [1, 6 * H], [...swap(bi, 1), ...swap(bh, 1)]),
    ],
    inputs: [
      { name: 'x', shape: inputShape },
      { name: 'h', shape: stateShape },
    ],
    outputs: [{ name: 'next', shape: stateShape }],
  })
  return { model, inputShape, stateShape }
}

function gemmGraph({ inputSize: I, hiddenSize: H }, { wi, wh, bi, bh }, streams) {
  const transposed = (name, matrix, columns, from, to) => {
    const values = []
    for (let k = 0; k < columns; k++) for (let i = from; i < to; i++) values.push(matrix[i * columns + k])
    return initializer(name, [columns, to - from], values)
  }
  const bias = (name, values) => initializer(name, [values.length], values)
  const inputShape = [streams, I]
  const stateShape = [streams, H]
  const model = onnxModel({
    nodes: [
      // Gemm adds its third operand on the way: the sums of both products need no node of their own.
      node('Gemm', ['x', 'Wrz', 'brz'], ['xrz']),
      node('Gemm', ['h', 'Urz', 'xrz'], ['arz']),
      node('Gemm', ['x', 'Wn', 'bn'], ['xn']),
      node('Gemm', ['h', 'Un', 'cn'], ['hn']),
      node('Sigmoid', ['arz'], ['rz']),
      node('Split', ['rz', 'halves'], ['r', 'z'], { axis: 1 }),
      node('Mul', ['r', 'hn'], ['rhn']),
      node('Add', ['xn', 'rhn'], ['an']),
      node('Tanh', ['an'], ['n']),
      node('Sub', ['h', 'n'], ['d']),
      node('Mul', ['z', 'd'], ['zd']),
      node('Add', ['n', 'zd'], ['next']),
    ],
    initializers: [
      initializer('halves', [2], BigInt64Array.of(BigInt(H), BigInt(H))),
      transposed('Wrz', wi, I, 0, 2 * H),
      transposed('Wn', wi, I, 2 * H, 3 * H),
      transposed('Urz', wh, H, 0, 2 * H),
      transposed('Un', wh, H, 2 * H, 3 * H),
      bias(
        'brz',
        bi.subarray(0, 2 * H).map((value, i) => value + bh[i]),
      ),
      bias('bn', bi.subarray(2 * H)),
      bias('cn', bh.subarray(2 * H)),
    ],
    inputs: [
      { name: 'x', shape: inputShape },
      { name: 'h', shape: stateShape },
    ],
    outputs: [{ name: 'next', shape: stateShape }],
  })
  return { model, inputShape, stateShape }
}
