import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { initialise } from '../../src/engine/initialise.ts'
import { gruSpec } from '../../src/engine/spec.ts'
import { FormatError } from '../../src/formats/error.ts'
import { bytes, type Chunks, integer, join, message, text } from '../../src/formats/onnx/encode.ts'
import { readModel } from '../../src/formats/read.ts'
import { writeModel } from '../../src/formats/write.ts'
import { refusal } from './files.ts'
import { floats, gru, gruFile, HIDDEN, INPUTS, integers, node, onnxFile } from './onnx-file.ts'

const H = HIDDEN
const FOLDER = new URL('../../../test/fixtures/', import.meta.url)
const least = writeModel(initialise(gruSpec({ inputSize: 1, hiddenSize: 1, outputSize: 1 }), { seed: 1 }), {
  format: 'onnx',
}).bytes

/** A model that can be true, or one sentence. */
async function survives(file: Uint8Array, how: string): Promise<'model' | 'refused'> {
  try {
    const { model } = await readModel(file)
    assert.ok(model.weights.every(Number.isFinite), how)
    assert.ok(model.weights.byteLength <= 2 * file.byteLength, how)
    return 'model'
  } catch (error) {
    assert.ok(error instanceof FormatError, `${how}: ${error}`)
    return 'refused'
  }
}

describe('damaged ONNX files', () => {
  for (const name of ['weights/onnx_gru_lbr0.onnx', 'weights-extra/torch_last_state.onnx']) {
    it(`are refused when ${name} is cut off, wherever`, async () => {
      const good = readFileSync(new URL(name, FOLDER))
      assert.equal(await survives(good, 'good'), 'model')
      for (let length = 0; length < good.length; length++) {
        assert.equal(await survives(good.subarray(0, length), `cut to ${length}`), 'refused', `${length}`)
      }
    })
  }

  it('are refused when one that was written here is cut off, wherever', async () => {
    assert.equal(await survives(least, 'good'), 'model')
    for (let length = 0; length < least.length; length++) {
      assert.equal(await survives(least.subarray(0, length), `cut to ${length}`), 'refused', `${length}`)
    }
  })

  it('are refused or read when any byte is any other', async () => {
    const counts = { model: 0, refused: 0 }
    for (let at = 0; at < least.length; at++) {
      for (let change = 1; change < 256; change += change < 8 ? 1 : 13) {
        const bad = Buffer.from(least)
        bad[at] ^= change
        counts[await survives(bad, `byte ${at} ^ ${change}`)]++
      }
    }
    assert.ok(counts.model > 0 && counts.refused > 0, JSON.stringify(counts))
  })
})

describe('ONNX tensors', () => {
  /** A file whose recurrent weights are stored as told. */
  const stored = (...fields: readonly Chunks[]): Uint8Array => {
    const { node, weights } = gru()
    const R = message(integer(1, 1, 3 * H, H), ...fields, text(8, 'gru.R'))
    return onnxFile({ nodes: [node], initialisers: [weights[0], R, weights[2]] })
  }
  const eighths = Array.from({ length: 3 * H * H }, (_, i) => i / 8)
  const raw = (array: Float32Array | Float64Array | Uint16Array): Chunks => [new Uint8Array(array.buffer)]
  // Of eighths below 4, both halves of a float32 but the first are 0, and five bits of exponent are enough.
  const upper = (v: number): number => new Uint32Array(Float32Array.of(v).buffer)[0] >>> 16
  const half = (v: number): number =>
    v === 0 ? 0 : (((upper(v) >> 7) - 112) << 10) | ((upper(v) & 0x7f) << 3)
  const float32 = Float32Array.from(eighths)

  it('are read however their numbers are stored', async () => {
    const want = await readModel(stored(integer(2, 1), bytes(9, raw(float32))))
    const one = (value: number): Chunks => message([Uint8Array.of(4 * 8 + 5)], raw(Float32Array.of(value)))
    const varints = (values: readonly number[]): Chunks =>
      bytes(5, [
        Uint8Array.from(
          values.flatMap((v) =>
            v < 128 ? [v] : [(v & 127) | 128, ...(v < 16384 ? [v >> 7] : [((v >> 7) & 127) | 128, v >> 14])],
          ),
        ),
      ])
    const ways = {
      'float_data, packed': [integer(2, 1), bytes(4, raw(float32))],
      'float_data, one by one': [integer(2, 1), ...eighths.map(one)],
      'double, raw': [integer(2, 11), bytes(9, raw(Float64Array.from(eighths)))],
      double_data: [integer(2, 11), bytes(10, raw(Float64Array.from(eighths)))],
      'bfloat16, raw': [integer(2, 16), bytes(9, raw(Uint16Array.from(eighths, upper)))],
      'float16, raw': [integer(2, 10), bytes(9, raw(Uint16Array.from(eighths, half)))],
      'float16 in int32_data': [integer(2, 10), varints(eighths.map(half))],
    }
    for (const [way, fields] of Object.entries(ways)) {
      const { model, notes } = await readModel(stored(...fields))
      assert.deepEqual(model, want.model, way)
      assert.deepEqual(notes, way.startsWith('double') ? ['float64 weights are rounded to float32'] : [], way)
    }
  })

  it('are refused when their numbers are not those of weights', async () => {
    const ints = stored(integer(2, 6), bytes(9, raw(float32)))
    assert.equal(
      await refusal(ints),
      'the weights R of the GRU "gru" are not floating-point numbers of the file',
    )
    const bad = stored(integer(2, 1), bytes(9, raw(float32.map((v, i) => (i === 4 ? Number.NaN : v)))))
    assert.equal(await refusal(bad), 'the tensor "gru.R" holds NaN at index 4; weights must be finite')
    const short = stored(integer(2, 1), bytes(9, raw(float32.subarray(0, 4).slice())))
    assert.equal(await refusal(short), 'the tensor "gru.R" of type F32 has 16 bytes instead of 108')
    const twice = stored(integer(2, 1), bytes(4, raw(float32)), bytes(9, raw(float32)))
    assert.equal(await refusal(twice), 'the tensor "gru.R" stores its numbers in two ways')
    const other = stored(integer(2, 1), bytes(10, raw(Float64Array.from(eighths))))
    assert.equal(await refusal(other), 'the tensor "gru.R" of type F32 stores its numbers as another type')
    const none = stored(integer(2, 1))
    assert.equal(await refusal(none), 'the tensor "gru.R" of type F32 has 0 numbers instead of 27')
  })
})

describe('ONNX files that would take too much', () => {
  it('are refused for more structure than a graph has', async () => {
    const nodes = Array.from({ length: 40_000 }, () => node('Relu', ['x'], [''], '', {}))
    assert.equal(
      await refusal(onnxFile({ nodes })),
      'the ONNX graph without its weights is larger than 1 MB, or has too many parts',
    )
  })

  it('are refused for more initialisers than are read', async () => {
    const file = gruFile({}, { initialisers: Array.from({ length: 1000 }, (_, i) => floats(`w${i}`, [1])) })
    assert.equal(await refusal(file), 'the graph has more than 1000 initialisers')
  })

  it('are refused for layers that share large weights', async () => {
    const size = 500
    const shared = [floats('W', [1, 3 * size, size]), floats('B', [1, 6 * size]), integers('one', [1])]
    const nodes = Array.from({ length: 40 }, (_, i) => [
      gru({ name: `g${i}`, x: `x${i}`, y: `Y${i}`, hiddenSize: size, weights: ['W', 'W', 'B'] }).node,
      node('Squeeze', [`Y${i}`, 'one'], [`x${i + 1}`], `s${i}`, {}),
    ]).flat()
    const file = onnxFile({ nodes, initialisers: shared, inputs: { x0: ['t', 'b', size] }, outputs: ['x40'] })
    assert.equal(
      await refusal(file),
      'the GRUs of the ONNX graph use the same weights so often that a model of them is too large',
    )
  })

  it('are refused for weights that double themselves', async () => {
    const { node: call, weights } = gru({ weights: ['gru.W', 'double40', 'gru.B'] })
    const made = gru()
    const nodes = Array.from({ length: 41 }, (_, i) => {
      const below = i === 0 ? 'gru.R' : `double${i - 1}`
      return node('Concat', [below, below], [`double${i}`], '', { axis: 0 })
    })
    const file = onnxFile({ nodes: [...nodes, call], initialisers: [...weights, ...made.weights] })
    assert.match(await refusal(file), /^weights that the graph itself makes of others must have at most/)
  })

  it('are refused for small layers beside one very large', async () => {
    const size = 2000
    const high = gru({ name: 'high', x: 'rows', inputSize: size, hiddenSize: 1 })
    const low = gru({ name: 'low', y: 'Y', hiddenSize: size, weights: ['lW', 'lR', 'lB'] })
    const squeeze = node('Squeeze', ['Y', 'one'], ['rows'], 's', {})
    const large = [
      floats('lW', [1, 3 * size, INPUTS]),
      floats('lR', [1, 3 * size, size]),
      floats('lB', [1, 6 * size]),
    ]
    const file = onnxFile({
      nodes: [low.node, squeeze, high.node],
      initialisers: [...large, ...high.weights, integers('one', [1])],
    })
    assert.equal(await refusal(file), 'layers of 2000 and 1 units are too unlike to be run as one GRU')
  })

  it('are refused for numbers that are none', async () => {
    const overlong = [0x08, ...Array.from({ length: 10 }, () => 0xff), 1]
    const long = join(message(integer(1, 8), bytes(7, [Uint8Array.from(overlong)])))
    assert.equal(await refusal(long), 'the graph has a number of more than 10 bytes')
    const group = join(message(integer(1, 8), bytes(7, [Uint8Array.of(0x1b, 0x1c)])))
    assert.equal(await refusal(group), 'the graph has a field of the wire type 3, which is not read')
    const beyond = join(message(integer(1, 8), bytes(7, [Uint8Array.of(0x0a, 0xff, 0x7f)])))
    assert.equal(
      await refusal(beyond),
      'the file ends in the middle of the graph, or a length in it is wrong',
    )
  })
})
