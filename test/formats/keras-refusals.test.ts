import assert from 'node:assert/strict'
import type { Dialect } from '../../src/formats/keras/equations.ts'
import { interpretLayers } from '../../src/formats/keras/interpret.ts'
import { layersByFolder } from '../../src/formats/keras/weights-only.ts'
import { createTensor } from '../../src/formats/tensor.ts'
import type { Imported, ImportOptions } from '../../src/formats/types.ts'
import { bidirectional, dense, gru, type LayerSource, other, refused } from './keras-models.ts'

const TFJS: Dialect = { tfjs: true, version: 'tfjs-layers 4.22.0' }

describe('keras configurations that are refused', () => {
  const bare = (layer: LayerSource, ...roles: string[]): LayerSource => ({
    ...layer,
    weights: Object.fromEntries(Object.entries(layer.weights).filter(([role]) => !roles.includes(role))),
  })
  const refusals: readonly (readonly [
    sentence: string,
    layers: readonly LayerSource[],
    dialect?: Dialect,
  ])[] = [
    ['the Keras model has no GRU layer, it has "a" (LSTM)', [other('LSTM', 'a')]],
    ['the Keras model has no GRU layer, it has no layers', []],
    [
      '"a" (GRU) has the activation "relu", only tanh can be run here',
      [gru('a', 2, 3, { activation: 'relu' })],
    ],
    [
      '"a" (GRU) has the recurrent activation "relu", only sigmoid and hard_sigmoid can be run here',
      [gru('a', 2, 3, { recurrent_activation: 'relu' })],
    ],
    [
      '"a" (GRU) says reset_after false, and its bias says the opposite',
      [{ ...gru('a', 2, 3), config: gru('a', 2, 3, { reset_after: false }).config }],
    ],
    [
      '"b" (Dense) takes the last state of each direction of "a" (Bidirectional) (return_sequences is false), which is ' +
        'the output of no step here; the option head is false for the GRU alone',
      [bidirectional('a', gru('a', 2, 3, { return_sequences: false })), dense('b', 6, 1)],
    ],
    [
      '"a" (GRU) says reset_after false, and its bias says the opposite',
      [gru('a', 2, 3, { reset_after: undefined })],
      TFJS,
    ],
    [
      '"a" (Bidirectional) is around "LSTM", not a GRU',
      [bidirectional('a', { ...gru('a', 2, 3), class_name: 'LSTM' })],
    ],
    [
      '"a" (Bidirectional) has the merge mode "sum", only concat can be run here',
      [bidirectional('a', gru('a', 2, 3), { merge_mode: 'sum' })],
    ],
    [
      '"a" (Bidirectional) has directions of different settings',
      [bidirectional('a', gru('a', 2, 3), { backward_layer: { config: { activation: 'relu' } } })],
    ],
    [
      '"a" (Bidirectional) runs its forward layer backwards',
      [bidirectional('a', gru('a', 2, 3, { go_backwards: true }))],
    ],
    [
      '"b" (GRU) runs backwards over what runs backwards, which only Keras\' order of outputs makes sense of',
      [gru('a', 2, 3, { go_backwards: true }), gru('b', 3, 3, { go_backwards: true })],
    ],
    [
      '"a" (GRU) and "b" (GRU) are GRUs of different kinds',
      [gru('a', 2, 3), gru('b', 3, 3, { reset_after: false })],
    ],
    [
      '"a" (GRU) gives its last step alone to the next GRU',
      [gru('a', 2, 3, { return_sequences: false }), gru('b', 3, 3)],
    ],
    ['"b" (GRU) takes 4 numbers, the layer before gives 3', [gru('a', 2, 3), gru('b', 4, 3)]],
    ['"b" (Dense) takes 4 numbers, the GRU gives 3', [gru('a', 2, 3), dense('b', 4, 3)]],
    ['the layer "a" (GRU) has no kernel', [bare(gru('a', 2, 3), 'kernel')]],
    ['the layer "a" (GRU) has no recurrent kernel', [bare(gru('a', 2, 3), 'recurrent_kernel')]],
    [
      'the layer "a" (GRU) has the unknown weight "scale"',
      [{ ...gru('a', 2, 3), weights: { ...gru('a', 2, 3).weights, scale: [1] } }],
    ],
    [
      'the layer "a" (GRU) has two weights "bias"',
      [{ ...gru('a', 2, 3), weights: { ...gru('a', 2, 3).weights, 'x/bias': [2, 9] } }],
    ],
    [
      'the layer "a" (GRU) has a bias of the impossible shape [8]',
      [{ ...gru('a', 2, 3), weights: { ...gru('a', 2, 3).weights, bias: [8] } }],
    ],
    [
      'the configuration of the Keras model has a layer without class, name or settings',
      [{ ...gru('', 2, 3), config: {} }],
    ],
  ]
  for (const [sentence, layers, dialect] of refusals) {
    it(sentence, () => refused(sentence, layers, {}, dialect))
  }

  it('layers so unlike that filling them up would take many times their size', () => {
    const small = Array.from({ length: 40 }, (_, i) => gru(`gru_${i}`, 1, 1))
    const sizes = `${'1 and '.repeat(40)}300`
    refused(`layers of ${sizes} units are too unlike to be run as one GRU`, [...small, gru('large', 1, 300)])
  })

  it('layers of unknown kind beside the GRU, naming those that the option head may take', () => {
    const shapes: Readonly<Record<string, readonly number[]>> = {
      'gru/cell/vars/0': [2, 9],
      'gru/cell/vars/1': [3, 9],
      'gru/cell/vars/2': [2, 9],
      'embedding/vars/0': [9, 2],
      'out/vars/0': [3, 1],
      'out/vars/1': [1],
    }
    const tensors = new Map(
      Object.entries(shapes).map(([path, shape]) => {
        const bytes = new Uint8Array(4 * shape.reduce((a, b) => a * b))
        return [path, createTensor({ shape, dtype: 'F32', bytes })] as const
      }),
    )
    const read = (options: ImportOptions): Imported =>
      interpretLayers(layersByFolder(tensors, options), { tfjs: false }, options)
    assert.throws(() => read({}), {
      name: 'FormatError',
      message:
        'the layer "embedding" (embedding) beside the GRU cannot be run here; the option head takes "out", or is false for the GRU alone',
    })
    assert.equal(read({ head: 'out' }).model.spec.outputSize, 1)
  })

  it('models of other classes', () => {
    refused(
      'the Keras model is of the class "Mine", not Sequential or Functional',
      [],
      {},
      undefined,
      () => ({
        class_name: 'Mine',
      }),
    )
    refused('the configuration of the Keras model names no layers', [], {}, undefined, () => ({
      class_name: 'Sequential',
    }))
  })
})
