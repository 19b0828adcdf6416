import assert from 'node:assert/strict'
import { type GruSpec, gruSpec, presets } from '../../src/engine/spec.ts'
import { readModel } from '../../src/formats/read.ts'
import type { Imported, ImportOptions } from '../../src/formats/types.ts'
import {
  prefixed,
  projectionNote,
  recurrent,
  refusal,
  type Shapes,
  safetensorsOf,
  safetensorsWith,
  without,
} from './files.ts'

const GRU = recurrent('gru.', 2, 4)
const torch = gruSpec({ ...presets.pytorch, inputSize: 2, hiddenSize: 4 })
const read = (shapes: Shapes, options?: ImportOptions): Promise<Imported> =>
  readModel(safetensorsWith(shapes), options)
const refused = (shapes: Shapes, options?: ImportOptions): Promise<string> =>
  refusal(safetensorsWith(shapes), options)

async function expectSpec(shapes: Shapes, spec: GruSpec, options?: ImportOptions): Promise<void> {
  assert.deepEqual((await read(shapes, options)).model.spec, spec)
}

describe('names of PyTorch', () => {
  it('are found under any prefix, with a linear layer beside them', async () => {
    const model = { ...GRU, 'fc.weight': [3, 4], 'fc.bias': [3] }
    for (const prefix of ['', 'module.', 'state_dict.model.', 'model.0.']) {
      const { model: found, notes } = await read(prefixed(prefix, model))
      assert.deepEqual(found.spec, gruSpec({ ...torch, outputSize: 3 }))
      assert.deepEqual(notes, [projectionNote(`${prefix}fc`)])
    }
  })

  it('are those of nn.GRUCell too', async () => {
    const cell = { weight_ih: [12, 2], weight_hh: [12, 4], bias_ih: [12], bias_hh: [12] }
    await expectSpec(cell, torch)
    await expectSpec(
      { ...prefixed('cell.', cell), 'out.weight': [1, 4], 'out.bias': [1] },
      gruSpec({ ...torch, outputSize: 1 }),
    )
  })

  it('say layers, directions and biases', async () => {
    const layer = (suffix: string, inputs: number): Shapes => ({
      [`weight_ih_l${suffix}`]: [12, inputs],
      [`weight_hh_l${suffix}`]: [12, 4],
    })
    const both = { ...layer('0', 2), ...layer('0_reverse', 2), ...layer('1', 8), ...layer('1_reverse', 8) }
    await expectSpec(
      { ...both, 'head.weight': [3, 8] },
      gruSpec({ ...torch, layers: 2, direction: 'bidirectional', biases: 0, outputSize: 3 }),
    )
  })

  it('leave a choice of several GRUs, by prefix', async () => {
    const two = { ...prefixed('encoder.', GRU), ...prefixed('decoder.', recurrent('gru.', 3, 4)) }
    assert.equal(
      await refused(two),
      'the file has 2 GRUs, with the prefixes "encoder.gru.", "decoder.gru.": choose one by its prefix',
    )
    assert.equal(
      await refused(two, { prefix: 'x' }),
      'the file has no GRU with the prefix "x", but with "encoder.gru.", "decoder.gru."',
    )
    assert.match(
      await refused(two, { prefix: 'encoder.gru.' }),
      /^beside the GRU "encoder.gru." the file has "decoder/,
    )
    await expectSpec(two, torch, { prefix: 'encoder.gru.', head: false })
    await expectSpec(two, gruSpec({ ...torch, inputSize: 3 }), { prefix: 'decoder', head: false })
  })

  it('leave a choice of several linear layers, by head', async () => {
    const two = {
      ...GRU,
      'mean.weight': [3, 4],
      'mean.bias': [3],
      'out.scale.weight': [2, 4],
      'norm.weight': [4],
    }
    assert.equal(
      await refused(two),
      'beside the GRU "gru." the file has "mean.weight" [3, 4], "mean.bias" [3], "out.scale.weight" [2, 4], ' +
        '"norm.weight" [4], which is not one linear layer on its output; choose the layer with head, or head: false ' +
        'for the GRU alone',
    )
    assert.equal((await read(two, { head: 'mean' })).model.spec.outputSize, 3)
    const { model, notes } = await read(two, { head: 'scale' })
    assert.equal(model.spec.outputSize, 2)
    assert.deepEqual(notes, [
      projectionNote('out.scale'),
      'left out: "mean.weight", "mean.bias", "norm.weight"',
    ])
    assert.equal((await read(two, { head: false })).model.spec.outputSize, 0)
    assert.equal(
      await refused(two, { head: 'norm' }),
      'the file has no linear layer "norm" that fits the output of the GRU "gru."; those that fit: "mean", "out.scale"',
    )
    assert.equal(
      await refused({ ...GRU, 'a.fc.weight': [1, 4], 'b.fc.weight': [1, 4] }, { head: 'fc' }),
      'the file has 2 linear layers named "fc": "a.fc", "b.fc"',
    )
  })

  it('refuse a layer that does not fit the output, or is more than linear', async () => {
    const rests: readonly Shapes[] = [
      { 'fc.weight': [3, 5] },
      { 'fc.weight': [3, 4], 'fc.bias': [4] },
      { 'fc.weight': [3, 4], 'bn.num_batches_tracked': [] },
      { 'conv.weight': [3, 4, 1] },
    ]
    for (const rest of rests) {
      assert.match(await refused({ ...GRU, ...rest }), /^beside the GRU "gru." the file has /)
    }
  })

  const refusals: readonly (readonly [string, Shapes, string])[] = [
    [
      'an LSTM',
      recurrent('', 2, 4, 4),
      '"weight_hh_l0" has the shape [16, 4], which is that of an LSTM, not of a GRU',
    ],
    [
      'a plain RNN',
      recurrent('', 2, 4, 1),
      '"weight_hh_l0" has the shape [4, 4], which is that of a plain RNN, not of a GRU',
    ],
    [
      'an LSTM with a projection',
      { ...recurrent('', 2, 4, 4), weight_hr_l0: [3, 4] },
      '"weight_hr_l0" is of an LSTM with a projection, not of a GRU',
    ],
    [
      'a matrix of no gates',
      { ...GRU, 'gru.weight_hh_l0': [12] },
      '"gru.weight_hh_l0" has the shape [12], which is not [3H, H], not of a GRU',
    ],
    ['a missing weight', without(GRU, 'gru.weight_ih_l0'), 'the GRU "gru." has no weight_ih_l0'],
    ['one bias of two', without(GRU, 'gru.bias_hh_l0'), 'the GRU "gru." has no bias_hh_l0'],
    ['a missing layer', { ...GRU, 'gru.weight_ih_l2': [12, 4] }, 'the GRU "gru." has no weight_ih_l1'],
    [
      'the reverse direction alone',
      { weight_ih_l0_reverse: [12, 2], weight_hh_l0_reverse: [12, 4] },
      'the GRU has no weight_hh_l0',
    ],
    [
      'a layer of another size',
      { ...GRU, 'gru.weight_ih_l0': [15, 2] },
      '"gru.weight_ih_l0" has the shape [15, 2] where [12, 2] is needed',
    ],
    [
      'too many layers',
      { ...GRU, 'gru.weight_ih_l99': [12, 2] },
      "the file's GRU cannot be run: layers must be a whole number from 1 to 64, got 100",
    ],
    [
      'no units',
      recurrent('', 2, 0),
      "the file's GRU cannot be run: hiddenSize must be a whole number from 1 to 65536, got 0",
    ],
    [
      'a cell beside its own layers',
      { weight_ih: [12, 2], ...recurrent('', 2, 4) },
      '"weight_ih_l0" is there as "weight_ih" too',
    ],
    [
      'no GRU',
      { 'a.weight': [1], b: [2] },
      'the safetensors file has no GRU: none of its 2 tensors has a name like weight_ih_l0, Wr or reset_gate/kernel; it has "a.weight", "b"',
    ],
  ]
  for (const [what, shapes, message] of refusals) {
    it(`refuse ${what}`, async () => assert.equal(await refused(shapes), message))
  }

  it('refuse a preset of other equations, and integers', async () => {
    assert.equal(
      await refused(GRU, { preset: 'numpy' }),
      "the file's GRU has the cell reset-after and the update keep, which is not the preset numpy",
    )
    await expectSpec(GRU, torch, { preset: 'keras' })
    const header = {
      weight_ih: { dtype: 'I8', shape: [3, 1], data_offsets: [0, 3] },
      weight_hh: { dtype: 'I8', shape: [3, 1], data_offsets: [3, 6] },
    }
    assert.equal(
      await refusal(safetensorsOf(header, new Uint8Array(6))),
      '"weight_ih" is of type I8; weights must be floating-point numbers',
    )
  })
})
