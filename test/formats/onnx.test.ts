import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { initialise } from '../../src/engine/initialise.ts'
import { createModel, type Model } from '../../src/engine/model.ts'
import { sequence } from '../../src/engine/sequence.ts'
import { gruSpec } from '../../src/engine/spec.ts'
import { readModel } from '../../src/formats/read.ts'
import { writeModel } from '../../src/formats/write.ts'
import { flat, type Nested, readCases, readFixture } from '../conformance/cases.ts'
import { distance, inputs, models } from '../engine/arbitrary.ts'

interface Export {
  readonly file: string
  readonly x: readonly (readonly Nested[])[]
  readonly h0: Nested | null
  readonly lengths: readonly number[] | null
  readonly expect: Readonly<Record<'y' | 'hn' | 'out', Nested>>
}

const TOLERANCE = 1e-6
const exported = readFixture<{ cases: readonly Export[] }>('weights-extra/onnx_exports.json').cases
const floats = (values: Nested): Float32Array => Float32Array.from(flat(values))
const pathOf = (file: string): string =>
  fileURLToPath(new URL(`../../../test/fixtures/weights-extra/${file}`, import.meta.url))

describe('ONNX files of torch.onnx', () => {
  for (const { file, x, h0, lengths, expect } of exported) {
    it(`${file} gives the numbers of PyTorch`, async () => {
      const { model, notes } = await readModel(pathOf(file))
      const [batch, time] = [x.length, x[0].length]
      const given = { batch, time, h0: h0 ? floats(h0) : undefined, lengths: lengths ?? undefined }
      const got = sequence(model, floats(x as Nested), given)
      assert.ok(distance(got.y, floats(expect.y)) < TOLERANCE)
      assert.ok(distance(got.hn, floats(expect.hn)) < TOLERANCE)
      const isLast = file.includes('last')
      assert.equal(Boolean(got.out), 'out' in expect)
      if (got.out) {
        const size = model.spec.outputSize
        const last = Float32Array.from({ length: batch * size }, (_, i) => {
          const row = Math.floor(i / size)
          return got.out![(row * time + time - 1) * size + (i % size)]
        })
        assert.ok(distance(isLast ? last : got.out, floats(expect.out)) < TOLERANCE)
      }
      assert.deepEqual(
        notes,
        isLast ? ['the file gives only the last step of a sequence, here every step has its outputs'] : [],
      )
    })
  }
})

describe('ONNX files written', () => {
  const written = models('forward', 'reverse', 'bidirectional').filter(({ spec }) => spec.cell !== 'no-carry')

  it('are read back bit by bit, unless something was lost on the way', async () => {
    await fc.assert(
      fc.asyncProperty(written, fc.integer({ min: 0, max: 99 }), async ({ spec, weights }, seed) => {
        const drawn = createModel(spec, inputs(weights.length, seed))
        const { bytes, notes } = writeModel(drawn, { format: 'onnx' })
        const back = await readModel(bytes)
        assert.deepEqual(back.notes, [])
        if (spec.cell !== 'no-reset') {
          assert.deepEqual(back.model, drawn)
          assert.equal(notes.length, spec.update === 'write' ? 1 : 0)
        } else {
          assert.match(notes[0], /its weights are lost/)
          assert.equal(back.model.spec.cell, 'reset-after')
          const again = writeModel(back.model, { format: 'onnx' })
          assert.deepEqual(again.bytes, bytes)
        }
      }),
      { numRuns: 150 },
    )
  })

  it('give the same numbers when read back', async () => {
    await fc.assert(
      fc.asyncProperty(written, async (model) => {
        const { spec } = model
        const back = (await readModel(writeModel(model, { format: 'onnx' }).bytes)).model
        const x = inputs(2 * 3 * spec.inputSize, 1)
        const [want, got] = [model, back].map((m) => sequence(m, x, { batch: 2, time: 3 }))
        assert.ok(distance(got.y, want.y) < TOLERANCE)
        assert.ok(distance(got.hn, want.hn) < TOLERANCE)
        assert.equal(Boolean(got.out), Boolean(want.out))
        if (got.out && want.out) assert.ok(distance(got.out, want.out) < 10 * TOLERANCE)
      }),
      { numRuns: 40 },
    )
  })

  it('keep the cases of ONNX itself', async () => {
    for (const c of readCases('onnx/gru_op.json')) {
      const model = createModel(c.spec, Float32Array.from(c.weights))
      const back = (await readModel(writeModel(model, { format: 'onnx' }).bytes)).model
      assert.deepEqual(back, model, c.name)
      const { batch, time, lengths, h0 } = c
      const given = { batch, time, lengths, h0: h0 && Float32Array.from(h0) }
      const { y, hn } = sequence(back, Float32Array.from(c.x), given)
      assert.ok(distance(y, Float32Array.from(c.expect.y!)) < c.tol, c.name)
      assert.ok(distance(hn, Float32Array.from(c.expect.hn)) < c.tol, c.name)
    }
  })

  const model = (options: object = {}): Model =>
    initialise(gruSpec({ inputSize: 2, hiddenSize: 3, outputSize: 1, ...options }), { seed: 3 })

  it('have the same bytes every time', () => {
    const write = (): Uint8Array => writeModel(model(), { format: 'onnx' }).bytes
    assert.deepEqual(write(), write())
  })

  it('keep the preprocessing, without outputs where the projection is left out', async () => {
    const preprocessing = { inputs: [{ name: 'a', mean: 1 }, { std: 2 }], outputs: [{ mean: 5 }] }
    const { bytes } = writeModel(model(), { format: 'onnx', preprocessing })
    assert.deepEqual((await readModel(bytes)).preprocessing, preprocessing)
    const part = await readModel(bytes, { head: false })
    assert.deepEqual(part.preprocessing, { inputs: preprocessing.inputs })
    assert.equal(part.model.spec.outputSize, 0)
    assert.deepEqual(part.notes, ['what comes after the GRU is left out'])
  })

  it('are taken by the names of their nodes', async () => {
    const { bytes } = writeModel(model({ layers: 2 }), { format: 'onnx' })
    assert.equal((await readModel(bytes, { prefix: 'gru.', head: 'head' })).model.spec.layers, 2)
    await assert.rejects(readModel(bytes, { prefix: 'lstm' }), {
      message: 'no GRU of the ONNX graph has a name that begins with "lstm"; it has "gru.l0", "gru.l1"',
    })
    await assert.rejects(readModel(bytes, { head: 'fc' }), {
      message: 'no linear layer after the GRU is named "fc"; there is "head/MatMul"',
    })
    await assert.rejects(readModel(bytes, { preset: 'kerasResetBefore' }), /which is not the preset/)
  })

  it('are refused for a cell without memory, which ONNX has not', () => {
    assert.throws(() => writeModel(model({ cell: 'no-carry' }), { format: 'onnx' }), {
      name: 'FormatError',
      message: 'ONNX has no GRU with the cell no-carry',
    })
  })
})
