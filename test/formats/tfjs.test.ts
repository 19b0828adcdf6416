import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { sequence } from '../../src/engine/sequence.ts'
import { FormatError } from '../../src/formats/error.ts'
import { readModel } from '../../src/formats/read.ts'
import { tfjs } from '../../src/formats/tfjs/reader.ts'
import type { Contents } from '../../src/formats/types.ts'
import { flat, type Nested, readFixture } from '../conformance/cases.ts'
import { refusal } from './files.ts'

interface Entry {
  readonly name: string
  readonly shape: readonly number[]
  readonly dtype?: string
  readonly quantization?: unknown
}

interface Manifest {
  readonly paths: readonly unknown[]
  readonly weights: readonly Entry[]
}

interface ModelJson {
  readonly modelTopology: {
    readonly config: { readonly layers: readonly { readonly config: Readonly<Record<string, unknown>> }[] }
  }
  readonly weightsManifest: readonly Manifest[]
}

const model = readFixture<ModelJson>('weights/tfjs_gru/model.json')
const [{ weights: entries }] = model.weightsManifest
const bin = readFileSync(new URL('../../../test/fixtures/weights/tfjs_gru/weights.bin', import.meta.url))

describe('TensorFlow.js models', () => {
  it('gates are hard sigmoids where the file does not say', async () => {
    const [first] = model.modelTopology.config.layers
    const { recurrent_activation, reset_after, ...config } = first.config
    const topology = { class_name: 'Sequential', config: { layers: [{ ...first, config }] } }
    const { x, hardSigmoid_first_layer: expected } = readFixture<{
      x: readonly (readonly Nested[])[]
      hardSigmoid_first_layer: { y: Nested }
    }>('weights/tfjs_gru/expected.json')
    const read = (await open({ ...model, modelTopology: topology })).interpret({})
    assert.equal(read.model.spec.recurrentActivation, 'hard-sigmoid')
    const { y } = sequence(read.model, Float32Array.from(flat(x)), { batch: x.length, time: x[0].length })
    const numbers = flat(expected.y)
    const error = Math.max(...y.map((value, i) => Math.abs(value - numbers[i])))
    assert.ok(error <= 1e-6, `off by ${error}`)
  })

  it('weights may be spread over files and groups, under the longer names of the converter', async () => {
    const whole = (await open(model)).interpret({})
    const named = entries.map((entry) => ({ ...entry, name: `sequential_1/${entry.name}` }))
    const weightsManifest = [
      { paths: ['a', 'b'], weights: named.slice(0, 3) },
      { paths: ['c'], weights: named.slice(3) },
    ]
    const cut = 4 * (45 + 75 + 15)
    const files = { a: bin.subarray(0, 101), b: bin.subarray(101, cut), c: bin.subarray(cut) }
    const modelTopology = { keras_version: '2.15.0', model_config: model.modelTopology }
    const spread = await open({ format: 'layers-model', modelTopology, weightsManifest }, files)
    assert.deepEqual(spread.interpret({}), whole)
    assert.equal(spread.metadata.get('keras_version'), '2.15.0')
  })

  it('halves are read as what they are', async () => {
    const halves = entries.map((entry) => ({
      ...entry,
      quantization: { dtype: 'float16', original_dtype: 'float32' },
    }))
    const bytes = new Uint8Array(bin.byteLength / 2)
    bytes.fill(0x38)
    const { tensors, interpret } = await open(manifest({ weights: halves }), { 'weights.bin': bytes })
    assert.equal(tensors.get('gru_a/kernel')?.dtype, 'F16')
    // 0x3838
    assert.equal(interpret({}).model.weights[0], 0.52734375)
  })

  const sentences: readonly (readonly [name: string, sentence: string, json: unknown])[] = [
    ['no weights', 'model.json has no weightsManifest', { modelTopology: {} }],
    [
      'a graph model',
      'this is a TensorFlow.js graph model, which has no layers; only layers models are read',
      { ...model, format: 'graph-model' },
    ],
    ['another format', 'model.json is of the format "x", not a layers model', { ...model, format: 'x' }],
    [
      'too few bytes',
      '"weights.bin" should hold 1340 bytes of weights, not 1060',
      manifest({ weights: [...entries, { name: 'more', shape: [70], dtype: 'float32' }] }),
    ],
    [
      'too many bytes',
      '"weights.bin" should hold 180 bytes of weights, not 1060',
      manifest({ weights: [entries[0]] }),
    ],
    [
      'a quantised weight',
      '"gru_a/kernel" is quantised to "uint8"; read the model before it was quantised',
      manifest({ weights: [{ ...entries[0], quantization: { dtype: 'uint8', scale: 1, min: 0 } }] }),
    ],
    [
      'text',
      '"gru_a/kernel" is of the type "string", not float32',
      manifest({ weights: [{ ...entries[0], dtype: 'string' }] }),
    ],
    [
      'a huge shape',
      '"gru_a/kernel" of shape [1073741824, 1073741824] is too large',
      manifest({ weights: [{ ...entries[0], shape: [2 ** 30, 2 ** 30] }] }),
    ],
    [
      'weights too large together',
      'the weights of the weightsManifest are too large',
      manifest({
        weights: ['a', 'b', 'c', 'd', 'e'].map((name) => ({ ...entries[0], name, shape: [2 ** 26] })),
      }),
    ],
    [
      'an impossible shape',
      '"gru_a/kernel" has the impossible size -3 in its shape',
      manifest({ weights: [{ ...entries[0], shape: [-3, 15] }] }),
    ],
    [
      'a weight twice',
      'the weightsManifest names a weight twice',
      manifest({ weights: [entries[0], entries[0]] }),
    ],
    [
      'a file twice',
      'the weightsManifest names a file twice',
      manifest({ paths: ['weights.bin', 'weights.bin'] }),
    ],
    ['a file that is none', 'the weightsManifest names 3 as a file', manifest({ paths: [3] })],
    ['no files', 'a group of the weightsManifest names no files or no weights', manifest({ paths: [] })],
    [
      'a weight without shape',
      'a weight of the weightsManifest has no name or no shape',
      manifest({ weights: [{ name: 'a' } as Entry] }),
    ],
    [
      'too many weights',
      'the weightsManifest names more than 1000 files or weights',
      manifest({ weights: Array.from({ length: 1001 }, (_, i) => ({ ...entries[0], name: `${i}` })) }),
    ],
  ]
  for (const [name, sentence, json] of sentences) {
    it(`refused: ${name}`, async () => {
      const error = await open(json).catch((reason: unknown) => reason)
      assert.ok(error instanceof FormatError, String(error))
      assert.equal(error.message, sentence)
    })
  }

  it('refused: a content without the files beside it', async () => {
    assert.match(await refusal(encode(model)), /^the file needs "weights.bin" beside it/)
  })

  it('refused: JSON that is cut off at any place', async () => {
    const text = encode(model)
    const start = text.indexOf('}')
    for (let length = start; length < text.byteLength; length += 13) {
      const error = await readModel(text.subarray(0, length)).catch((reason: unknown) => reason)
      assert.ok(error instanceof FormatError, String(error))
    }
  })
})

function manifest(more: Partial<Manifest>): unknown {
  return { ...model, weightsManifest: [{ ...model.weightsManifest[0], ...more }] }
}

function encode(json: unknown): Buffer {
  return Buffer.from(JSON.stringify(json))
}

async function open(
  json: unknown,
  files: Readonly<Record<string, Uint8Array>> = { 'weights.bin': bin },
): Promise<Contents> {
  return tfjs.open(encode(json), async (name) => files[name])
}
