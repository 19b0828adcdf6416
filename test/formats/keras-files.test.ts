import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { sequence } from '../../src/engine/sequence.ts'
import { inspectModel, readModel } from '../../src/formats/read.ts'
import type { Imported, ImportOptions } from '../../src/formats/types.ts'
import { writeZip } from '../../src/formats/zip/write.ts'
import { type Case, readCases } from '../conformance/cases.ts'
import { refusal } from './files.ts'

const keras = readCases('seed3-keras/keras_gru.json')
const cells = readCases('seed3-keras/seed_cell.json')

describe('keras files laid out in other ways', () => {
  const runs: readonly (readonly [file: string, name: string, options?: ImportOptions])[] = [
    ['keras2_bidirectional.h5', 'reset_after_True_bidirectional'],
    ['keras2_save_weights.h5', 'reset_after_True_two_layers'],
    ['keras212_two_layers.weights.h5', 'reset_after_True_two_layers'],
    ['keras3_bidirectional.weights.h5', 'reset_after_True_bidirectional'],
    ['keras3_nobias.weights.h5', 'reset_after_True_nobias', { preset: 'keras' }],
    ['keras3_nobias.weights.h5', 'reset_after_False_nobias', { preset: 'kerasResetBefore' }],
    ['stored_otherwise.weights.h5', 'reset_after_True_zero_state'],
  ]
  for (const [file, name, options] of runs) {
    it(`${file} is ${name}`, async () => {
      compare(await readModel(extra(file), options), caseOf(keras, name))
    })
  }

  it('keras2_go_backwards.h5 gives in the order of time what Keras gives in that of processing', async () => {
    const { model, notes } = await readModel(extra('keras2_go_backwards.h5'))
    // The fixture runs forward over reversed readings.
    const { x, batch, time, expect, tol } = caseOf(keras, 'reset_after_False_go_backwards')
    const { y } = sequence(model, turned(x, batch, time), { batch, time })
    const error = Math.max(...turned(y, batch, time).map((value, i) => Math.abs(value - expect.y![i])))
    assert.ok(error <= tol, `off by ${error}`)
    assert.equal(model.spec.direction, 'reverse')
    assert.match(notes.join(), /go_backwards in the order of processing/)
  })

  it('keras3_dropout.weights.h5 has nothing of its Dropout layer but random numbers', async () => {
    const { model, notes } = await readModel(extra('keras3_dropout.weights.h5'))
    assert.deepEqual([model.spec.inputSize, model.spec.hiddenSize, model.spec.outputSize], [4, 3, 2])
    assert.deepEqual(notes, [
      'the file holds weights only: tanh and sigmoid, and a Dense layer without activation on every step, are assumed',
    ])
  })

  it('keras3_dense.weights.h5 does not say the place of its Dense layer', async () => {
    const file = extra('keras3_dense.weights.h5')
    assert.equal(
      await refusal(file),
      'the file holds weights only and does not say whether "dense" (Dense) comes after "gru" (GRU); ' +
        'head: "dense" takes it as the layer on the output, head: false leaves it out',
    )
    assert.equal((await readModel(file, { head: 'dense' })).model.spec.outputSize, 4)
    compare(await readModel(file, { head: false }), caseOf(keras, 'reset_after_True_zero_state'))
  })

  it('seed_cell.weights.h5 is a cell of three Dense gates', async () => {
    const imported = await readModel(extra('seed_cell.weights.h5'))
    compare(imported, cells[0])
    assert.match(imported.notes.join(), /sigmoid and tanh are assumed/)
  })

  it('a .keras file finds its weights by the class of the layer', async () => {
    const config = {
      class_name: 'Sequential',
      config: {
        layers: [
          { class_name: 'InputLayer', config: { name: 'in' } },
          {
            class_name: 'Bidirectional',
            config: {
              name: 'both',
              layer: {
                class_name: 'GRU',
                config: {
                  name: 'gru',
                  recurrent_activation: 'sigmoid',
                  reset_after: true,
                  return_sequences: true,
                },
              },
            },
          },
        ],
      },
    }
    const file = archive(config, 'keras3_bidirectional.weights.h5')
    const imported = await readModel(file)
    assert.deepEqual([imported.format, imported.notes], ['keras', []])
    compare(imported, caseOf(keras, 'reset_after_True_bidirectional'))
    const { metadata, tensors } = await inspectModel(file)
    assert.equal(metadata.get('keras_version'), '3.15.1')
    assert.equal(tensors.length, 6)
  })

  it('a .keras file around a cell of its own refuses other layers beside it', async () => {
    const config = (kind: string, more = {}): unknown => ({
      class_name: 'Sequential',
      config: {
        layers: [
          { class_name: 'RNN', config: { name: 'rnn' } },
          { class_name: kind, config: { name: 'other', ...more } },
        ],
      },
    })
    const file = archive(config('Conv1D'), 'seed_cell.weights.h5')
    assert.equal(
      await refusal(file),
      'the layer "other" (Conv1D) beside the cell cannot be run here; head: false leaves it out',
    )
    compare(await readModel(file, { head: false }), cells[0])
    compare(await readModel(archive(config('Dropout'), 'seed_cell.weights.h5')), cells[0])
    compare(await readModel(archive({ class_name: 'Mine', config: {} }, 'seed_cell.weights.h5')), cells[0])
  })

  it('a .keras file without its parts is refused', async () => {
    const config = new TextEncoder().encode('{}')
    assert.equal(
      await refusal(writeZip([['config.json', config]])),
      'the .keras file has no "model.weights.h5"',
    )
    assert.equal(
      await refusal(writeZip([['model.weights.h5', config]])),
      'the .keras file has no "config.json"',
    )
    assert.match(
      await refusal(archive([], 'keras3_nobias.weights.h5')),
      /is of the class undefined, not Sequential/,
    )
  })
})

describe('keras HDF5 files that are refused', () => {
  const name = '"layers/gru/cell/vars/2"'
  const sentences: Readonly<Record<string, string>> = {
    attribute: 'the attribute "model_config" of the HDF5 file is not a text',
    attribute_many: 'the attribute "layer_names" of the HDF5 file is too long',
    beyond_float32: `${name} holds 1e+300, which is beyond float32, at index 0; weights must be finite`,
    beyond_the_end: `${name} of shape [3000, 3] needs 36000 bytes from 5452 on, the file has 8120`,
    chunk_huge: `${name} of shape [2147483648, 2147483648] is too large`,
    chunks_huge: `${name} of shape [1073741824, 1048576] is too large`,
    chunks_missing: `${name} holds NaN at index 3; weights must be finite`,
    chunks_never_written: `${name} in the HDF5 file has no chunks`,
    chunks_new: `${name} in the HDF5 file has chunks that are damaged or packed in an unknown way`,
    compressed_otherwise: `${name} in the HDF5 file has chunks that are damaged or packed in an unknown way`,
    config: 'the model_config is not valid JSON: value expected at position 15',
    cycle: '"layers/gru/cell/again" in the HDF5 file is linked more than once',
    deep: 'the groups of the HDF5 file are nested deeper than 32',
    empty: 'the Keras model has no GRU layer, it has no layers',
    external_data: `${name} in the HDF5 file keeps its numbers in another file`,
    external_link:
      '"layers/gru/cell/vars" in the HDF5 file is damaged, or uses what Keras does not write, such as external links',
    four_gates: 'the layer "gru" (GRU) has four gates, as an LSTM has, not the three of a GRU',
    halves: `${name} in the HDF5 file is stored in chunks of another type than float32 and float64`,
    huge: `${name} of shape [1048576, 3] needs 12582912 bytes from 5452 on, the file has 8120`,
    integers: `${name} is of type I32; weights must be floating-point numbers`,
    lstm: 'the Keras model has no GRU layer, it has "lstm" (lstm)',
    negative: `${name} has the impossible size 18446744073709552000 in its shape`,
    never_written: `${name} in the HDF5 file is stored in a way that Keras does not use`,
    not_finite: `${name} holds NaN at index 0; weights must be finite`,
    order:
      'the file holds weights only and does not say the order of "encoder_a" (GRU) and "encoder_b" (GRU); the option prefix picks one',
    soft_link: `${name} in the HDF5 file is a soft link, which is not followed`,
    soft_link_v1: `${name} in the HDF5 file is a soft link, which is not followed`,
    text: 'the layer "gru" (GRU) has a bias of the impossible shape []',
    twice: `${name} in the HDF5 file is linked more than once`,
  }
  for (const [file, sentence] of Object.entries(sentences)) {
    it(file.replaceAll('_', ' '), async () => {
      assert.equal(await refusal(extra(`refused/${file}.h5`)), sentence)
    })
  }

  it('weights without bias and without a preset', async () => {
    assert.match(
      await refusal(extra('keras3_nobias.weights.h5')),
      /the option preset says it: keras or kerasResetBefore$/,
    )
    assert.match(
      await refusal(extra('keras3_nobias.weights.h5'), { preset: 'numpy' }),
      /the option preset says it/,
    )
  })

  it('a preset that contradicts the file', async () => {
    assert.equal(
      await refusal(extra('keras2_bidirectional.h5'), { preset: 'kerasResetBefore' }),
      'the preset kerasResetBefore contradicts the file: "bidirectional" (Bidirectional) is reset-after',
    )
    compare(
      await readModel(extra('keras2_bidirectional.h5'), { preset: 'pytorch' }),
      caseOf(keras, 'reset_after_True_bidirectional'),
    )
  })

  it('a prefix that picks one of two GRUs of unknown order', async () => {
    const { model, notes } = await readModel(extra('refused/order.h5'), { prefix: 'encoder_b' })
    assert.equal(model.spec.layers, 1)
    assert.match(notes.join(), /left out: "encoder_a" \(GRU\)/)
  })
})

function extra(file: string): Uint8Array {
  return readFileSync(new URL(`../../../test/fixtures/keras-extra/${file}`, import.meta.url))
}

function archive(config: unknown, weights: string): Uint8Array {
  const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
  return writeZip([
    ['metadata.json', text({ keras_version: '3.15.1' })],
    ['config.json', text(config)],
    ['model.weights.h5', extra(weights)],
  ])
}

function caseOf(cases: readonly Case[], name: string): Case {
  const found = cases.find((each) => each.name.endsWith(name))
  assert.ok(found)
  return found
}

/** [batch, time, …] with the last step first. */
function turned(values: ArrayLike<number>, batch: number, time: number): Float32Array {
  const width = values.length / batch / time
  return Float32Array.from({ length: values.length }, (_, i) => {
    const step = Math.floor(i / width) % time
    return values[i + (time - 1 - 2 * step) * width]
  })
}

/** The weights to the bit, and what they give. */
function compare({ model }: Imported, { spec, weights, x, h0, batch, time, expect, tol }: Case): void {
  assert.deepEqual(model.spec, spec)
  assert.deepEqual(model.weights, Float32Array.from(weights))
  const { y } = sequence(model, Float32Array.from(x), { batch, time, h0: h0 && Float32Array.from(h0) })
  const error = Math.max(...y.map((value, i) => Math.abs(value - expect.y![i])))
  assert.ok(error <= tol, `off by ${error}`)
}
