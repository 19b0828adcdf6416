import assert from 'node:assert/strict'
import { layout } from '../../src/engine/layout.ts'
import { gruSpec, presets } from '../../src/engine/spec.ts'
import { readModel } from '../../src/formats/read.ts'
import type { Imported, ImportOptions } from '../../src/formats/types.ts'
import { flat, type Nested, readFixture } from '../conformance/cases.ts'
import {
  npzWith,
  prefixed,
  projectionNote,
  refusal,
  type Shapes,
  safetensorsOf,
  safetensorsWith,
  without,
} from './files.ts'

const read = (shapes: Shapes, options?: ImportOptions): Promise<Imported> =>
  readModel(safetensorsWith(shapes), options)
const refused = (shapes: Shapes, options?: ImportOptions): Promise<string> =>
  refusal(safetensorsWith(shapes), options)

describe('names of the NumPy GRU', () => {
  const gate = (name: string): Shapes => ({
    [`W${name}`]: [4, 2],
    [`U${name}`]: [4, 4],
    [`b${name}`]: [4, 1],
  })
  const seed: Shapes = { ...gate('r'), ...gate('z'), ...gate('h'), Wo: [3, 4], bo: [3, 1] }

  it('are one of three GRUs, and the notes say which was taken', async () => {
    const { model, notes } = await readModel(npzWith(seed))
    assert.deepEqual(model.spec, gruSpec({ ...presets.numpy, inputSize: 2, hiddenSize: 4, outputSize: 3 }))
    assert.deepEqual(notes, [
      'the names do not say the equations; taken are those of the preset numpy, others are numpyLiteral and numpyTextbook',
      projectionNote('Wo'),
    ])
    const textbook = await readModel(npzWith(prefixed('m.', seed)), { preset: 'numpyTextbook' })
    assert.equal(textbook.model.spec.cell, 'reset-before')
    assert.deepEqual(textbook.notes, [projectionNote('m.Wo')])
  })

  it('may lack biases and the projection', async () => {
    assert.equal((await readModel(npzWith(without(seed, 'bo')))).model.spec.outputSize, 3)
    const rest = without(seed, 'Wo', 'bo', 'br', 'bz', 'bh')
    const bare = gruSpec({ ...presets.numpy, inputSize: 2, hiddenSize: 4, biases: 0 })
    assert.deepEqual((await readModel(npzWith(rest))).model.spec, bare)
    assert.equal(await refusal(npzWith({ ...rest, br: [4] })), 'the GRU has no bz')
    assert.equal((await readModel(npzWith(seed), { head: false })).model.spec.outputSize, 0)
  })

  it('are refused with a shape or a preset of another GRU', async () => {
    assert.equal(
      await refusal(npzWith(seed), { preset: 'keras' }),
      'weights named Wr, Ur, … are of the presets numpy, numpyLiteral, numpyTextbook, not keras',
    )
    assert.equal(
      await refusal(npzWith({ ...seed, Uz: [4, 3] })),
      '"Uz" has the shape [4, 3] where [4, 4] is needed',
    )
    assert.equal(await refusal(npzWith({ ...seed, Wr: [8] })), '"Wr" has the shape [8], which is no matrix')
    assert.equal(await refusal(npzWith(without(seed, 'Uh'))), 'the GRU has no Uh')
  })
})

describe('names of the Keras cell', () => {
  const [native] = readFixture<{
    cases: { native: { tensors: Record<string, Nested[]> }; layers: { fwd: Record<string, Nested> }[] }[]
  }>('seed3-keras/seed_cell.json').cases

  for (const [separator, end] of [
    ['/', ''],
    ['.', ''],
    ['/', ':0'],
  ] as const) {
    it(`are read with ${separator} between and "${end}" behind`, async () => {
      const arrays = Object.entries(native.native.tensors).map(([name, values]) => {
        const shape = Array.isArray(values[0]) ? [values.length, values[0].length] : [values.length]
        return { name: `cell/${name.replace('/', separator)}${end}`, shape, values: flat(values) }
      })
      let offset = 0
      const header = arrays.map(({ name, shape, values }) => {
        const begin = offset
        offset += 8 * values.length
        return [name, { dtype: 'F64', shape, data_offsets: [begin, offset] }]
      })
      const data = Float64Array.from(arrays.flatMap(({ values }) => values))
      const { model } = await readModel(
        safetensorsOf(Object.fromEntries(header), new Uint8Array(data.buffer)),
      )
      const { Wr, Un, bz } = native.layers[0].fwd
      const { W, U, b } = layout(model.spec).cells[0]
      const H = model.spec.hiddenSize
      const at = (start: number, values: Nested) =>
        assert.deepEqual(
          [...model.weights.subarray(start, start + flat(values).length)],
          flat(values).map(Math.fround),
        )
      assert.deepEqual(
        model.spec,
        gruSpec({ ...presets.kerasCell, inputSize: model.spec.inputSize, hiddenSize: H }),
      )
      at(W, Wr)
      at(U + 2 * H * H, Un)
      at(b + H, bz)
    })
  }

  const cell: Shapes = Object.fromEntries(
    ['reset_gate', 'update_gate', 'new_memory_gate'].map((gate) => [`${gate}/kernel`, [6, 4]]),
  )

  it('may have a Dense layer behind them', async () => {
    const { model } = await read({ ...cell, 'dense/kernel': [4, 3], 'dense/bias': [3] })
    assert.deepEqual(
      model.spec,
      gruSpec({ ...presets.kerasCell, inputSize: 2, hiddenSize: 4, biases: 0, outputSize: 3 }),
    )
    const { head } = layout(model.spec)
    // Numbers count up from 3 · 24 hundredths: the first row is the first column of the kernel.
    assert.deepEqual(
      [...model.weights.subarray(head!.W, head!.W + 4)],
      [0.72, 0.75, 0.78, 0.81].map(Math.fround),
    )
  })

  it('are refused incomplete or of other shapes', async () => {
    assert.equal(await refused(without(cell, 'update_gate/kernel')), 'the GRU has no update_gate/kernel')
    assert.equal(
      await refused({ ...cell, 'reset_gate/kernel': [4, 6] }),
      '"reset_gate/kernel" has the shape [4, 6] where [inputs + H, H] is needed',
    )
    assert.equal(
      await refused({ ...cell, 'update_gate.kernel': [6, 4] }),
      '"update_gate.kernel" is there as "update_gate/kernel" too',
    )
  })
})
