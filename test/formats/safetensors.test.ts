import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { initialise } from '../../src/engine/initialise.ts'
import { gruSpec, presets } from '../../src/engine/spec.ts'
import { inspectModel, readModel } from '../../src/formats/read.ts'
import { writeModel } from '../../src/formats/write.ts'
import { recurrent, refusal, safetensorsOf, safetensorsWith } from './files.ts'

const entry = (shape: readonly number[], begin: number, end: number, dtype = 'F32'): unknown => ({
  dtype,
  shape,
  data_offsets: [begin, end],
})
const data = (length: number): Uint8Array => new Uint8Array(length)
const spec = gruSpec({ ...presets.numpy, inputSize: 2, hiddenSize: 3, outputSize: 1 })
const model = initialise(spec)

/** A file of ours with its header changed. */
function native(
  change: (header: Record<string, unknown>, description: Record<string, unknown>) => void,
): Uint8Array {
  const bytes = writeModel(model, { format: 'safetensors' }).bytes
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true))
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)))
  const description = JSON.parse(header.__metadata__.gruflow)
  change(header, description)
  header.__metadata__.gruflow = JSON.stringify(description)
  return safetensorsOf(header, bytes.subarray(8 + length))
}

describe('safetensors', () => {
  it('shows what is in a file that is not a model', async () => {
    const header = { __metadata__: { by: 'x' }, a: entry([2], 0, 2, 'F8_E4M3'), b: entry([], 2, 10, 'I64') }
    assert.deepEqual(await inspectModel(safetensorsOf(header, data(10))), {
      format: 'safetensors',
      tensors: [
        { name: 'a', shape: [2], dtype: 'other' },
        { name: 'b', shape: [], dtype: 'I64' },
      ],
      metadata: new Map([['by', 'x']]),
      notes: [],
      problem:
        'the safetensors file has no GRU: none of its 2 tensors has a name like weight_ih_l0, Wr or reset_gate/kernel; it has "a", "b"',
    })
  })

  it('shows the specification of one that is', async () => {
    const preprocessing = { outputs: [{ mean: 3 }] }
    const { bytes } = writeModel(model, { format: 'safetensors', preprocessing })
    const shown = await inspectModel(bytes)
    assert.deepEqual([shown.spec, shown.preprocessing, shown.problem], [spec, preprocessing, undefined])
  })

  const long = 'x'.repeat(2 ** 20)
  const refusals: readonly (readonly [string, Uint8Array, string])[] = [
    [
      'a header too long',
      safetensorsOf({ [long]: 1 }),
      'the header has 1048582 bytes, at most 1048576 are read',
    ],
    ['a header beyond the end', safetensorsOf('{}').subarray(0, 9), 'the file is cut off in its header'],
    [
      'a header that is no JSON',
      safetensorsOf('{"a":}'),
      'the header is not valid JSON: value expected at position 5',
    ],
    [
      'a tensor twice',
      safetensorsOf('{"a":1,"a":1}'),
      'the header is not valid JSON: a name that was there before at position 10',
    ],
    [
      'metadata that are no object',
      safetensorsOf({ __metadata__: [] }),
      "the header's __metadata__ is not an object",
    ],
    [
      'metadata that are no text',
      safetensorsOf({ __metadata__: { a: 1 } }),
      `the header's __metadata__ has "a", which is not text`,
    ],
    ['a tensor that is no object', safetensorsOf({ a: 1 }), `the header's "a" is not an object`],
    ['an unknown field', safetensorsOf({ a: { x: 1 } }), `the header's "a" has the unknown field "x"`],
    ['no dtype', safetensorsOf({ a: {} }), `the header's "a" has no dtype`],
    [
      'a shape of text',
      safetensorsOf({ a: { dtype: 'F32', shape: ['1'] } }),
      `the header's "a" has no shape of numbers`,
    ],
    [
      'no offsets',
      safetensorsOf({ a: { dtype: 'F32', shape: [] } }),
      `the header's "a" has no data_offsets of two numbers`,
    ],
    [
      'offsets in reverse',
      safetensorsOf({ a: entry([1], 4, 0) }),
      `the header's "a" has the impossible data_offsets [4, 0]`,
    ],
    [
      'offsets of halves',
      safetensorsOf({ a: entry([1], 0.5, 4.5) }),
      `the header's "a" has the impossible data_offsets [0.5, 4.5]`,
    ],
    [
      'an overlap',
      safetensorsOf({ a: entry([2], 0, 8), b: entry([2], 4, 12) }, data(12)),
      'the numbers of "b" begin at 4, where 8 was expected: they overlap or leave a gap',
    ],
    [
      'a gap',
      safetensorsOf({ a: entry([1], 0, 4), b: entry([1], 8, 12) }, data(12)),
      'the numbers of "b" begin at 8, where 4 was expected: they overlap or leave a gap',
    ],
    [
      'numbers beyond the end',
      safetensorsOf({ a: entry([2], 0, 8) }, data(7)),
      'the file is cut off: its tensors need 8 bytes, there are 7',
    ],
    [
      'bytes of no tensor',
      safetensorsOf({ a: entry([1], 0, 4) }, data(6)),
      'the file has 2 bytes that belong to no tensor',
    ],
    [
      'a shape that does not fit',
      safetensorsOf({ a: entry([3], 0, 8) }, data(8)),
      '"a" of shape [3] and type F32 needs 12 bytes, the file has 8',
    ],
    [
      'a product that overflows',
      safetensorsOf({ a: entry([2 ** 31, 2 ** 31, 4], 0, 0) }),
      '"a" of shape [2147483648, 2147483648, 4] is too large',
    ],
    [
      'too many tensors',
      safetensorsOf(Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [i, entry([0], 0, 0)]))),
      'the file has 1001 tensors, at most 1000 are read',
    ],
    [
      'names that would paint the terminal',
      safetensorsOf({ '\u001b[31m\u202ered': 1 }),
      `the header's "\\u001b[31m\\u202ered" is not an object`,
    ],
  ]
  for (const [what, bytes, message] of refusals) {
    it(`refuses ${what}`, async () => assert.equal(await refusal(bytes), message))
  }

  const descriptions: readonly (readonly [string, Uint8Array, string])[] = [
    [
      'another version',
      native((_, d) => Object.assign(d, { version: 2 })),
      'the description is of version 2; this program reads version 1',
    ],
    [
      'an unknown field',
      native((_, d) => Object.assign(d, { x: 1 })),
      'the description cannot be used: it has the unknown field "x"; known are version, spec, preprocessing',
    ],
    [
      'an unknown field of the specification',
      native((_, d) => Object.assign(d.spec as object, { dropout: 0.5 })),
      'the description cannot be used: spec has the unknown field "dropout"; known are inputSize, hiddenSize, layers, ' +
        'cell, update, recurrentActivation, direction, biases, outputSize',
    ],
    [
      'an impossible size',
      native((_, d) => Object.assign(d.spec as object, { hiddenSize: 1e9 })),
      'the description cannot be used: hiddenSize must be a whole number from 1 to 65536, got 1000000000',
    ],
    [
      'text that is no value of the specification',
      native((_, d) => Object.assign(d.spec as object, { cell: '\u001b[2J' })),
      'the description cannot be used: spec has the impossible cell "\\u001b[2J"',
    ],
    [
      'a preprocessing that does not fit',
      native((_, d) => Object.assign(d, { preprocessing: { inputs: [] } })),
      'the description cannot be used: preprocessing.inputs must be an array of 2, got an array of 0',
    ],
    [
      'another shape than the specification has',
      native((_, d) => Object.assign(d.spec as object, { hiddenSize: 4 })),
      '"weight_ih_l0" has the shape [9, 2] where [12, 2] is needed',
    ],
    [
      'a tensor missing',
      native((_, d) => Object.assign(d.spec as object, { biases: 2 })),
      'the file has no tensor "bias_hh_l0", which its model has',
    ],
    [
      'a tensor too many',
      native((header) => Object.assign(header, { x: entry([0], 0, 0) })),
      'the file has the tensor "x", which its model has not',
    ],
    [
      'no JSON',
      safetensorsWith(recurrent('', 1, 1), { gruflow: 'x' }),
      'the description is not valid JSON: value expected at position 0',
    ],
    [
      'no object',
      safetensorsWith(recurrent('', 1, 1), { gruflow: '[]' }),
      'the description cannot be used: it must be an object, got an array of 0',
    ],
    [
      'a name twice',
      safetensorsWith(recurrent('', 1, 1), { gruflow: '{"version":1,"version":1}' }),
      'the description is not valid JSON: a name that was there before at position 22',
    ],
  ]
  for (const [what, bytes, message] of descriptions) {
    it(`refuses a description with ${what}`, async () => assert.equal(await refusal(bytes), message))
  }

  it('takes no part of a file that describes itself', async () => {
    const { bytes } = writeModel(model, { format: 'safetensors' })
    const message = 'the file describes its model itself, so neither prefix nor head can choose a part of it'
    assert.equal(await refusal(bytes, { head: false }), message)
    assert.equal(await refusal(bytes, { prefix: 'a.' }), message)
    assert.equal(
      await refusal(bytes, { preset: 'numpyTextbook' }),
      "the file's GRU has the cell no-reset and the update keep, which is not the preset numpyTextbook",
    )
    assert.deepEqual((await readModel(bytes, { preset: 'numpy' })).model, model)
  })

  it('refuses a file cut off at any length', async () => {
    const { bytes } = writeModel(model, { format: 'safetensors' })
    for (let length = 0; length < bytes.byteLength; length++) await refusal(bytes.subarray(0, length))
    const real = new URL('../../../test/fixtures/weights/torch_nobias.safetensors', import.meta.url)
    const file = readFileSync(real)
    for (let length = 0; length < file.byteLength; length++) await refusal(file.subarray(0, length))
  })
})
