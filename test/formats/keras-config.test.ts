import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type Sequence, sequence } from '../../src/engine/sequence.ts'
import type { Dialect } from '../../src/formats/keras/equations.ts'
import { bidirectional, dense, gru, interpret, other, refused } from './keras-models.ts'

const TFJS: Dialect = { tfjs: true, version: 'tfjs-layers 4.22.0' }

describe('keras configurations', () => {
  it('layers of unlike sizes give what they give one by one', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(sizes, fc.boolean(), fc.boolean(), fc.boolean(), (units, both, after, headed) => {
        const D = both ? 2 : 1
        const layers = units.map((size, i) => {
          const layer = gru(`gru_${i}`, i === 0 ? 2 : D * units[i - 1], size, { reset_after: after })
          return both ? bidirectional(`gru_${i}`, layer) : layer
        })
        const head = headed ? [dense('head', D * units[units.length - 1], 3)] : []
        const shape = { batch: 2, time: 4 }
        const x = Float32Array.from({ length: 16 }, (_, i) => Math.cos(i))
        let expected: Float32Array = x
        layers.forEach((layer, i) => {
          const { model } = interpret([layer, ...(i === layers.length - 1 ? head : [])])
          expected = outputs(sequence(model, expected, shape))
        })
        const { model, notes } = interpret([...layers, ...head])
        const given = outputs(sequence(model, x, shape))
        assert.equal(given.length, expected.length)
        given.forEach((value, i) => {
          assert.ok(Math.abs(value - expected[i]) < 1e-6)
        })
        assert.equal(notes.length, Number(new Set(units).size > 1))
      }),
      { numRuns: 60 },
    )
  })

  it('a functional chain is followed, Keras 2 and Keras 3', () => {
    const a = { ...gru('a', 2, 3) }
    const b = { ...gru('b', 3, 3) }
    const expected = interpret([a, b]).model
    const input = { ...other('InputLayer', 'in'), inbound_nodes: [] }
    const two = (from: string): unknown => [[[from, 0, 0, {}]]]
    const three = (from: string): unknown => [
      { args: [{ class_name: '__keras_tensor__', config: { keras_history: [from, 0, 0] } }], kwargs: {} },
    ]
    for (const nodes of [two, three]) {
      const chain = [{ ...b, inbound_nodes: nodes('a') }, input, { ...a, inbound_nodes: nodes('in') }]
      assert.deepEqual(interpret(chain, {}, undefined, functional).model, expected)
      const branches = [...chain, { ...other('Dropout', 'c'), inbound_nodes: nodes('a') }]
      refused('the Keras model is not a simple chain of layers at "c"', branches, {}, undefined, functional)
      const loop = [
        { ...a, inbound_nodes: nodes('b') },
        { ...b, inbound_nodes: nodes('a') },
      ]
      refused('the Keras model is not a simple chain of layers at "a"', loop, {}, undefined, functional)
    }
    const joined = {
      ...b,
      inbound_nodes: [
        [
          ['a', 0, 0, {}],
          ['in', 0, 0, {}],
        ],
      ],
    }
    const second = { ...b, inbound_nodes: [[['a', 0, 1, {}]]] }
    for (const last of [joined, second]) {
      const layers = [input, { ...a, inbound_nodes: two('in') }, last]
      refused('the Keras model is not a simple chain of layers at "b"', layers, {}, undefined, functional)
    }
  })

  it('layers that do nothing once trained are passed over', () => {
    const [a, b, head] = [gru('a', 2, 3), gru('b', 3, 3), dense('c', 3, 1)]
    const noise = ['InputLayer', 'Dropout', 'SpatialDropout1D', 'GaussianNoise'].map((kind) =>
      other(kind, kind),
    )
    assert.deepEqual(interpret([noise[0], a, noise[1], b, noise[2], noise[3], head]), interpret([a, b, head]))
  })

  it('hard_sigmoid is that of Keras 2 and TensorFlow.js, and not that of Keras 3', () => {
    const hard = [gru('a', 2, 3, { recurrent_activation: 'hard_sigmoid', reset_after: false })]
    assert.equal(interpret(hard).model.spec.recurrentActivation, 'hard-sigmoid')
    assert.equal(interpret(hard, {}, TFJS).model.spec.recurrentActivation, 'hard-sigmoid')
    const unsaid = [gru('a', 2, 3, { recurrent_activation: undefined, reset_after: undefined })]
    const plain = { ...unsaid[0], weights: hard[0].weights }
    assert.equal(interpret([plain], {}, TFJS).model.spec.recurrentActivation, 'hard-sigmoid')
    refused('"a" (GRU) does not say its recurrent activation', unsaid)
    const refusal = (version: string): string =>
      `"a" (GRU) has the hard_sigmoid of Keras ${version}; only that of Keras 2, of slope 0.2, can be run here`
    refused(refusal('"3.15.1"'), hard, {}, { tfjs: false, version: '3.15.1' })
    refused(refusal('"3.15.1"'), hard, {}, { tfjs: true, version: '3.15.1' })
    refused(refusal('""'), hard, {}, { tfjs: false })
  })

  it('activations may be objects', () => {
    const named = (config: string): unknown => ({ module: 'builtins', class_name: 'function', config })
    const layer = gru('a', 2, 3, { activation: named('tanh'), recurrent_activation: named('sigmoid') })
    assert.deepEqual(interpret([layer]), interpret([gru('a', 2, 3)]))
  })

  it('the last step alone is said to be what Keras gives, and where it is', () => {
    const said = (what: string): string[] => [
      `Keras gives only ${what} (return_sequences is false), here every step is given`,
    ]
    const last = { return_sequences: false }
    const head = dense('head', 3, 1)
    assert.deepEqual(interpret([gru('a', 2, 3, last), head]).notes, said('the last step'))
    assert.deepEqual(
      interpret([gru('a', 2, 3, { ...last, go_backwards: true }), head]).notes,
      said('the first step in time, which is processed last'),
    )
    assert.deepEqual(
      interpret([bidirectional('a', gru('a', 2, 3, last))]).notes,
      said('the last state of each direction, which hn has'),
    )
  })

  it('reset_after is run of TensorFlow.js files too, which cannot run it itself', () => {
    const layers = [gru('a', 2, 3)]
    const { model, notes } = interpret(layers, {}, TFJS)
    assert.deepEqual(model, interpret(layers).model)
    assert.deepEqual(notes, ['TensorFlow.js itself cannot run reset_after'])
  })

  it('a part is taken by prefix and head', () => {
    const [a, b] = [gru('enc_a', 2, 3), gru('enc_b', 3, 3)]
    const layers = [
      other('Conv1D', 'conv'),
      a,
      b,
      dense('mid', 3, 3, { activation: 'relu' }),
      dense('out', 3, 1),
    ]
    refused(
      'the layer "conv" (Conv1D) before the GRU cannot be run here; the option prefix leaves it out: what the names of the GRU\'s layers begin with, as in "enc_a"',
      layers,
    )
    const part = interpret(layers, { prefix: 'enc_' })
    assert.deepEqual(part.model, interpret([a, b]).model)
    assert.deepEqual(part.notes, ['left out: "conv" (Conv1D), "mid" (Dense), "out" (Dense)'])
    assert.equal(interpret(layers, { prefix: 'enc_a.' }).model.spec.layers, 1)
    refused('no GRU layer\'s name begins with "dec"', layers, { prefix: 'dec' })

    const tail = layers.slice(1)
    refused(
      'the layer "mid" (Dense) with the activation "relu" beside the GRU cannot be run here; the option head is false for the GRU alone',
      tail,
    )
    assert.deepEqual(interpret(tail, { head: false }).model, interpret([a, b]).model)
    refused('the layer right behind the GRU is "mid" (Dense), not "out"', tail, { head: 'out' })
    refused('the layer "mid" (Dense) is not a linear Dense layer', tail, { head: 'mid' })
    refused('no layer follows the GRU, so none can be the head "out"', [a], { head: 'out' })
    const twice = [a, dense('one', 3, 3), dense('two', 3, 1)]
    refused(
      'the layer "two" (Dense) beside the GRU cannot be run here; the option head takes "one", or is false for the GRU alone',
      twice,
    )
    assert.deepEqual(interpret(twice, { head: 'one' }).model, interpret(twice.slice(0, 2)).model)
  })

  it('a Dense layer applied to every step is a head too', () => {
    const inner = dense('dense', 3, 2)
    const wrapped = {
      class_name: 'TimeDistributed',
      config: { name: 'dense', layer: { class_name: 'Dense', config: inner.config } },
      weights: inner.weights,
    }
    assert.deepEqual(interpret([gru('a', 2, 3), wrapped]), interpret([gru('a', 2, 3), inner]))
  })
})

function functional(layers: readonly unknown[]): unknown {
  return { class_name: 'Functional', config: { layers } }
}

function outputs({ y, out }: Sequence): Float32Array {
  return out ?? y
}
