import assert from 'node:assert/strict'
import fc from 'fast-check'
import { initialise } from '../../src/engine/initialise.ts'
import type { Model } from '../../src/engine/model.ts'
import { reference } from '../../src/engine/reference.ts'
import { sequence } from '../../src/engine/sequence.ts'
import { type GruSpec, gruSpec, presets } from '../../src/engine/spec.ts'
import { FormatError } from '../../src/formats/error.ts'
import { readModel } from '../../src/formats/read.ts'
import type { Preprocessing, TargetName } from '../../src/formats/types.ts'
import { writeModel } from '../../src/formats/write.ts'
import { distance, inputs, models } from '../engine/arbitrary.ts'

const all = models('forward', 'reverse', 'bidirectional')
const sizes = { inputSize: 3, hiddenSize: 4 }

const modelOf = (options: Partial<GruSpec>): Model =>
  initialise(gruSpec({ ...sizes, ...options }), { seed: 5 })

/** What `write` says that it cannot do, or nothing when it can. */
function reason(model: Model, format: TargetName): string | undefined {
  try {
    writeModel(model, { format })
    return undefined
  } catch (error) {
    assert.ok(error instanceof FormatError, String(error))
    return error.message
  }
}

describe('writing', () => {
  it('keeps every bit of any model and its preprocessing in safetensors', async () => {
    const scaling = fc.record(
      {
        name: fc.string({ minLength: 1, maxLength: 20 }),
        mean: fc.double({ noNaN: true, noDefaultInfinity: true }).map((v) => v + 0),
        std: fc.double({ min: Number.MIN_VALUE, max: 1e300, noNaN: true }),
      },
      { requiredKeys: [], noNullPrototype: true },
    )
    const cases = all.chain((model) => {
      const list = (length: number) => fc.array(scaling, { minLength: length, maxLength: length })
      const { inputSize, outputSize } = model.spec
      return fc.record({
        model: fc.constant(model),
        preprocessing: fc.option(
          fc.record(
            { inputs: list(inputSize), outputs: list(outputSize) },
            { requiredKeys: [], noNullPrototype: true },
          ),
          { nil: undefined },
        ),
      })
    })
    await fc.assert(
      fc.asyncProperty(cases, async ({ model, preprocessing }) => {
        const { bytes, notes } = writeModel(model, { format: 'safetensors', preprocessing })
        const back = await readModel(bytes)
        assert.deepEqual(back.model, model)
        assert.deepEqual(back.preprocessing, preprocessing)
        assert.deepEqual([notes, back.notes], [[], []])
      }),
    )
  })

  for (const format of ['npz', 'pytorch'] as const) {
    it(`gives back the same outputs from ${format}, and what was written bit for bit`, async () => {
      let written = 0
      await fc.assert(
        fc.asyncProperty(all, async (model) => {
          if (reason(model, format)) return
          written++
          const { bytes, notes } = writeModel(model, { format })
          const back = await readModel(bytes)
          const x = inputs(5 * model.spec.inputSize, 3)
          const [want, got] = [model, back.model].map((m) =>
            sequence(m, x, { batch: 1, time: 5, backend: reference }),
          )
          assert.ok(distance(got.y, want.y) <= 1e-6)
          assert.ok(distance(got.hn, want.hn) <= 1e-6)
          assert.equal(got.out?.length, want.out?.length)
          if (notes.length === 0) assert.deepEqual(back.model, model)
          assert.deepEqual((await readModel(writeModel(back.model, { format }).bytes)).model, back.model)
        }),
        { numRuns: 300 },
      )
      assert.ok(written >= 20, `${written} written`)
    })
  }

  it('says what PyTorch cannot do', () => {
    const refused = (options: Partial<GruSpec>) => reason(modelOf(options), 'pytorch')
    assert.equal(refused({ cell: 'reset-before' }), 'PyTorch has no GRU with the cell reset-before')
    assert.equal(refused({ cell: 'no-carry' }), 'PyTorch has no GRU with the cell no-carry')
    assert.equal(refused({ direction: 'reverse' }), 'PyTorch has no GRU of the direction reverse alone')
    assert.equal(
      refused({ recurrentActivation: 'hard-sigmoid' }),
      'PyTorch has no GRU with the gates hard-sigmoid',
    )
    assert.equal(
      refused({ cell: 'no-reset', update: 'write', biases: 0, direction: 'bidirectional' }),
      undefined,
    )
  })

  it('says what npz cannot do', () => {
    const refused = (options: Partial<GruSpec>) => reason(modelOf({ ...presets.numpy, ...options }), 'npz')
    const sentence = 'npz has no names for a GRU with the cell no-reset and'
    assert.equal(refused({ layers: 2 }), `${sentence} 2 layers`)
    assert.equal(refused({ direction: 'bidirectional' }), `${sentence} the direction bidirectional`)
    assert.equal(refused({ recurrentActivation: 'hard-sigmoid' }), `${sentence} the gates hard-sigmoid`)
    assert.equal(refused({ biases: 2 }), `${sentence} two biases a gate`)
    assert.equal(refused({ ...presets.pytorch, layers: 3, direction: 'bidirectional' }), undefined)
    assert.equal(
      refused({ ...presets.pytorch, direction: 'reverse' }),
      'npz has no GRU of the direction reverse alone',
    )
  })

  it('says what it changed', () => {
    const notes = (options: Partial<GruSpec>, format: TargetName) =>
      writeModel(modelOf(options), { format }).notes
    assert.deepEqual(notes({ biases: 1 }, 'pytorch'), ['recurrent biases of zero are added'])
    assert.deepEqual(notes({ cell: 'reset-before', update: 'write', biases: 0 }, 'npz'), [
      'the update gate is written negated, as 1 − u',
      'biases of zero are added, which a NumPy GRU has',
    ])
  })

  it('keeps a preprocessing in all formats', async () => {
    const preprocessing: Preprocessing = { inputs: [{ name: 'a', mean: 1, std: 0.1 }, {}, { mean: -2 }] }
    for (const format of ['safetensors', 'npz', 'pytorch'] as const) {
      const { bytes } = writeModel(modelOf({}), { format, preprocessing })
      assert.deepEqual((await readModel(bytes)).preprocessing, preprocessing)
    }
  })

  it('refuses a description that could not be read back', () => {
    const wide = initialise(gruSpec({ inputSize: 6000, hiddenSize: 1 }))
    const inputs = Array.from({ length: 6000 }, () => ({ name: 'x'.repeat(200) }))
    assert.throws(() => writeModel(wide, { format: 'safetensors', preprocessing: { inputs } }), {
      name: 'FormatError',
      message: /^the header would have \d+ bytes, at most 1048576 are read$/,
    })
    assert.throws(() => writeModel(wide, { format: 'npz', preprocessing: { inputs } }), {
      name: 'FormatError',
      message: /^the description would have \d+ bytes, at most 1048576 are read$/,
    })
  })

  it('refuses what the caller got wrong', () => {
    const model = modelOf({})
    const wrong = (options: unknown) => () => writeModel(model, options as { format: TargetName })
    assert.throws(wrong({ format: 'hdf5' }), {
      name: 'RangeError',
      message: /^format must be one of .*, got "hdf5"$/,
    })
    assert.throws(wrong({ format: 'npz', preprocessing: { inputs: [{}] } }), {
      name: 'RangeError',
      message: 'preprocessing.inputs must be an array of 3, got an array of 1',
    })
  })
})
