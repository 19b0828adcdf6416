import assert from 'node:assert/strict'
import { type Chunks, message, text } from '../../src/formats/onnx/encode.ts'
import { inspectModel, readModel } from '../../src/formats/read.ts'
import type { ImportOptions } from '../../src/formats/types.ts'
import { refusal } from './files.ts'
import {
  floats,
  type GruOptions,
  gru,
  gruFile,
  HIDDEN,
  INPUTS,
  integers,
  node,
  onnxFile,
  withFloats,
} from './onnx-file.ts'

const H = HIDDEN
type Case = readonly [what: string, bytes: Uint8Array, message: string, options?: ImportOptions]

const one = integers('one', [1])
const layers = (between: readonly Chunks[], high: GruOptions = {}): Uint8Array => {
  const low = gru({ name: 'low', y: 'Y' })
  const top = gru({ name: 'high', x: 'in', inputSize: H, ...high })
  return onnxFile({
    nodes: [low.node, node('Squeeze', ['Y', 'one'], ['rows'], 's', {}), ...between, top.node],
    initialisers: [...low.weights, ...top.weights, one],
  })
}
const fedBy = (nodes: readonly Chunks[], initialisers: readonly Chunks[] = [one]): Uint8Array => {
  const made = gru({ x: 'in' })
  return onnxFile({ nodes: [...nodes, made.node], initialisers: [...made.weights, ...initialisers] })
}
const headed = (...nodes: readonly Chunks[]): Uint8Array => {
  const squeeze = node('Squeeze', ['Y', 'one'], ['rows'], 's', {})
  const weights = [floats('a.weight', [H, 1]), floats('b.weight', [H, 1]), floats('c.weight', [1, 1])]
  return gruFile(
    { y: 'Y' },
    { nodes: [squeeze, ...nodes], initialisers: [one, ...weights], outputs: ['out'] },
  )
}
const product = (name: string, x: string, to: string): Chunks =>
  node('MatMul', [x, `${name}.weight`], [to], name, {})

describe('ONNX GRUs that are not run here are refused', () => {
  const made = gru()
  const relu = node('Relu', ['x'], ['in'], 'relu', {})
  const alone = 'take a GRU alone with the option prefix'
  const parted = 'take the GRU alone with head false, or name its linear layer with the option head'
  const cases: readonly Case[] = [
    [
      'none',
      onnxFile({ nodes: [node('LSTM', ['x'], ['y'], '', {})] }),
      'the ONNX graph has no GRU node; it has "LSTM"',
    ],
    [
      'another domain',
      onnxFile({ nodes: [message(made.node, text(7, 'com.example'))], initialisers: made.weights }),
      'the ONNX graph has no GRU node; it has "GRU"',
    ],
    [
      'clipped',
      onnxFile({ nodes: [withFloats(made.node, 'clip', 3)], initialisers: made.weights }),
      'the GRU "gru" clips at 3, which no model here does',
    ],
    [
      'activation',
      gruFile({ attributes: { activations: ['Sigmoid', 'Relu'] } }),
      'the GRU "gru" has the activations "Sigmoid", "Relu"; run are Sigmoid or HardSigmoid with Tanh',
    ],
    [
      'directions of unlike activations',
      gruFile({
        attributes: { direction: 'bidirectional', activations: ['Sigmoid', 'Tanh', 'HardSigmoid', 'Tanh'] },
        directions: 2,
      }),
      'the GRU "gru" has the activations "Sigmoid", "Tanh", "HardSigmoid", "Tanh"; run are Sigmoid or HardSigmoid with Tanh',
    ],
    [
      'slope',
      onnxFile({
        nodes: [
          withFloats(
            gru({ attributes: { activations: ['HardSigmoid', 'Tanh'] } }).node,
            'activation_alpha',
            [0.25],
          ),
        ],
        initialisers: made.weights,
      }),
      'the GRU "gru" has activation_alpha 0.25; a HardSigmoid is run with 0.2 only',
    ],
    [
      'attribute',
      gruFile({ attributes: { quantised: 1 } }),
      'the GRU "gru" has the unknown attribute "quantised"',
    ],
    ['direction', gruFile({ attributes: { direction: 'up' } }), 'the GRU "gru" has the direction "up"'],
    ['layout', gruFile({ attributes: { layout: 2 } }), 'the GRU "gru" has the layout 2'],
    ['reset', gruFile({ attributes: { linear_before_reset: 2 } }), 'the GRU "gru" has linear_before_reset 2'],
    ['hidden size', gruFile({ attributes: { hidden_size: 0 } }), 'the GRU "gru" has the hidden size 0'],
    [
      'shape',
      gruFile(
        { weights: ['W', 'W', 'B'] },
        { initialisers: [floats('W', [1, 3 * H, INPUTS]), floats('B', [1, 6 * H])] },
      ),
      `the weights R of the GRU "gru" have the shape [1, 9, 2] instead of [1, 9, 3]`,
    ],
    [
      'weights that are an input',
      gruFile(
        { weights: ['W', 'x', 'B'] },
        { initialisers: [floats('W', [1, 3 * H, INPUTS]), floats('B', [1, 6 * H])] },
      ),
      'the weights R of the GRU "gru" are not floating-point numbers of the file',
    ],
    [
      'first states',
      gruFile({ first: 'h' }, { initialisers: [floats('h', [1, 1, H])] }),
      'the GRU "gru" has first states of its own that are not zero, which no model here has',
    ],
    [
      'first states of the input',
      gruFile({ first: 'x' }),
      'the first states of the GRU "gru" are made of other data of the graph; take the GRU alone with the option prefix',
    ],
    [
      'lengths',
      gruFile({ lengths: 'n' }, { initialisers: [integers('n', [2, 1])] }),
      'the GRU "gru" has lengths of sequences fixed in the file',
    ],
    ['before', fedBy([relu]), `the GRU "gru" is fed by what "Relu" makes; ${alone}`],
    [
      'features cut',
      fedBy(
        [node('Slice', ['x', 'zero', 'one', 'two'], ['in'], '', {})],
        [one, integers('zero', [0]), integers('two', [2])],
      ),
      `the GRU "gru" is fed by something else than an input as it is; ${alone}`,
    ],
    [
      'time reversed',
      fedBy([node('ReverseSequence', ['x', 'n'], ['in'], '', {})], [integers('n', [3])]),
      `the GRU "gru" is fed by what "ReverseSequence" makes; ${alone}`,
    ],
    [
      'between',
      layers([node('Relu', ['rows'], ['in'], 'relu', {})]),
      `the GRU "high" is fed by what "Relu" makes, which follows the GRU "low"; ${alone}`,
    ],
    [
      'time and batch changed',
      layers([node('Transpose', ['rows'], ['in'], '', { perm: [1, 0, 2] })]),
      'the outputs of the GRU "low" reach the GRU "high" cut or with their axes changed',
    ],
    [
      'layers that differ',
      layers([node('Identity', ['rows'], ['in'], '', {})], { attributes: { direction: 'reverse' } }),
      'the GRUs "low" and "high" differ in direction or equations; the layers of a model must not',
    ],
    [
      'after',
      gruFile({}, { nodes: [node('Softmax', ['y'], ['out'], 'soft', {})], outputs: ['out'] }),
      `the output "out" is made by the node "soft" of type "Softmax", which is not a linear layer over the GRU's outputs; ${parted}`,
    ],
    [
      'two linear layers, one on the other',
      headed(product('a', 'rows', 'p'), product('c', 'p', 'out')),
      `the output "out" is made by the node "c" of type "MatMul", which is not a linear layer over the GRU's outputs; ${parted}`,
    ],
    [
      'no such linear layer',
      headed(product('a', 'rows', 'out')),
      'no linear layer after the GRU is named "fc"; there is "a"',
      { head: 'fc' },
    ],
    [
      'contradiction',
      gruFile(),
      "the file's GRU has the cell reset-after and the update keep, which is not the preset numpy",
      { preset: 'numpy' },
    ],
  ]
  for (const [what, file, sentence, options] of cases) {
    it(what, async () => assert.equal(await refusal(file, options), sentence))
  }

  it('two linear layers, until one is named', async () => {
    const [a, b] = [product('a', 'rows', 'out'), product('b', 'rows', 'other')]
    const squeeze = node('Squeeze', ['Y', 'one'], ['rows'], 's', {})
    const weights = [floats('a.weight', [H, 1]), floats('b.weight', [H, 2])]
    const file = gruFile(
      { y: 'Y' },
      { nodes: [squeeze, a, b], initialisers: [one, ...weights], outputs: ['out', 'other'] },
    )
    const sentence =
      'the ONNX graph has several linear layers after the GRU: "a", "b"; name one with the option head'
    assert.equal(await refusal(file), sentence)
    assert.equal((await readModel(file, { head: 'b' })).model.spec.outputSize, 2)
  })

  it('two GRUs, until one is named', async () => {
    const [a, b] = [gru({ name: 'a.gru', y: 'ya' }), gru({ name: 'b.gru', y: 'yb', hiddenSize: 5 })]
    const file = onnxFile({
      nodes: [a.node, b.node],
      initialisers: [...a.weights, ...b.weights],
      outputs: ['ya', 'yb'],
    })
    const sentence =
      'the ONNX graph has several GRUs that are not layers of one: "a.gru", "b.gru"; name one with the option prefix'
    assert.equal(await refusal(file), sentence)
    const { model, notes } = await readModel(file, { prefix: 'b.' })
    assert.equal(model.spec.hiddenSize, 5)
    assert.deepEqual(notes, ['outputs that do not follow the GRU are left out'])
    assert.equal((await inspectModel(file)).problem, sentence)
  })
})
