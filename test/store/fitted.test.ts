import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { initialise } from '../../src/engine/initialise.ts'
import { gruSpec } from '../../src/engine/spec.ts'
import { inspectModel, readModel } from '../../src/formats/read.ts'
import { writeModel } from '../../src/formats/write.ts'
import { netLayout } from '../../src/learn/segment/net.ts'
import { readFitted, type SavedFitted, writeFitted } from '../../src/store/fitted.ts'
import { safetensorsOf } from '../formats/files.ts'
import { offsets, parts, refusal } from './fitted-bytes.ts'
import { forecasters, sample } from './fitted-models.ts'

const fixtures = fileURLToPath(new URL('../../../test/fixtures/weights/', import.meta.url))
const GRU_ALONE =
  'the file is a fitted forecaster, which the node gru-model runs; its GRU alone, without encoder and decoder, forecasts nothing'

const bits = ({ model, ...known }: SavedFitted): unknown => {
  const { weights, ...rest } = model
  return { ...rest, weights: new Uint32Array(weights.slice().buffer), ...known }
}

describe('store/fitted', () => {
  it('gives back every forecaster bit for bit, and the same bytes when it is written again', async () => {
    await fc.assert(
      fc.asyncProperty(forecasters, async (fitted) => {
        const bytes = writeFitted(fitted)
        const back = await readFitted(bytes)
        assert.deepEqual(bits(back), bits(fitted))
        assert.deepEqual(writeFitted(back), bytes)
      }),
      { numRuns: 200 },
    )
  })

  it('names the tensors as PyTorch would, and leaves no weight out', () => {
    const { header, data } = parts()
    const { __metadata__, ...tensors } = header
    const shapes = Object.entries(tensors).map(([name, entry]) => [name, entry.dtype, entry.shape])
    assert.deepEqual(shapes, [
      ['gru.weight_ih_l0', 'F32', [12, 4]],
      ['gru.weight_hh_l0', 'F32', [12, 4]],
      ['gru.bias_ih_l0', 'F32', [12]],
      ['gru.bias_hh_l0', 'F32', [12]],
      ['encoder.weight', 'F32', [4, 5]],
      ['encoder.bias', 'F32', [4]],
      ['position.weight', 'F32', [3, 2]],
      ['channel.weight', 'F32', [2, 2]],
      ['output.weight', 'F32', [3, 4]],
      ['output.bias', 'F32', [3]],
      ['interval.weight', 'F32', [6, 4]],
      ['interval.bias', 'F32', [6]],
      ['channels', 'U8', [offsets(header, 'channels')[1] - offsets(header, 'channels')[0]]],
    ])
    const [end] = offsets(header, 'channels')
    assert.equal(end, 4 * sample.model.weights.length)
    const { outW } = netLayout(sample.model.spec)
    const view = new DataView(data.buffer, data.byteOffset)
    assert.equal(view.getFloat32(offsets(header, 'output.weight')[0], true), sample.model.weights[outW])
    const lines = new TextDecoder().decode(data.subarray(end)).split('\n')
    assert.deepEqual(lines, [
      '{"key":"plant/boiler","unit":0.30000000000000004,"season":24}',
      '{"key":"__proto__","unit":5e-324,"season":0}',
      '',
    ])
    assert.equal(__metadata__['gruflow.forecaster'], '1')
    assert.deepEqual(JSON.parse(__metadata__.spec), sample.model.spec)
    assert.equal(JSON.parse(__metadata__.metrics).seasonalNaive.mase, 'Infinity')
  })

  it('holds as many channels as a forecaster may have', async () => {
    const spec = { ...sample.model.spec, channels: 100_000 }
    const channels = Array.from({ length: spec.channels }, (_, i) => {
      return { key: `a/rather/long/topic/of/some/sensor/in/some/hall/${i}`, unit: 1 + i / 7, season: 288 }
    })
    const weights = new Float32Array(netLayout(spec).size)
    const { model } = await readFitted(writeFitted({ ...sample, model: { spec, weights, channels } }))
    assert.deepEqual(model.channels, channels)
  })

  it('reads a file by its path', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gruflow-fitted-'))
    try {
      const path = join(folder, 'any.name')
      await writeFile(path, writeFitted(sample))
      assert.deepEqual(bits(await readFitted(path)), bits(sample))
      assert.equal(await refusal(join(folder, 'none')), '"none" cannot be read: there is no such file')
    } finally {
      await rm(folder, { recursive: true })
    }
    await assert.rejects(
      readFitted(5 as unknown as string),
      /^TypeError: source must be a path or a Uint8Array, got 5$/,
    )
  })

  it('says of another weight file what it is', async () => {
    const gru = initialise(gruSpec({ inputSize: 3, hiddenSize: 5 }))
    for (const format of ['safetensors', 'npz', 'onnx'] as const) {
      assert.equal(
        await refusal(writeModel(gru, { format }).bytes),
        `the file is no forecaster but a GRU of 3 inputs and 5 hidden units (${format}), which the node gru-step runs`,
      )
    }
    assert.match(
      await refusal(join(fixtures, 'torch_bidir2.safetensors')),
      /^the file is no forecaster but a GRU of 3 inputs and 4 hidden units \(safetensors\)/,
    )
    assert.equal(
      await refusal(safetensorsOf({})),
      'the file is no forecaster, and no GRU either: the safetensors file has no GRU: none of its 0 tensors has a name like weight_ih_l0, Wr or reset_gate/kernel',
    )
    assert.match(
      await refusal(Buffer.from('time,a\n1,2\n')),
      /^the file is no forecaster: the file is of no known format: /,
    )
    assert.equal(await refusal(new Uint8Array()), 'the file is empty')
  })

  it('is nothing that gru-step could run', async () => {
    const bytes = writeFitted(sample)
    for (const options of [{}, { prefix: 'gru.', head: false as const }]) {
      await assert.rejects(readModel(bytes, options), { name: 'FormatError', message: GRU_ALONE })
    }
    const { problem, spec, tensors } = await inspectModel(bytes)
    assert.deepEqual([problem, spec, tensors.length], [GRU_ALONE, undefined, 13])
  })

  it('takes no forecaster that it could not read back', () => {
    const written = (change: Partial<SavedFitted>, model: Partial<SavedFitted['model']> = {}) => {
      return () => writeFitted({ ...sample, ...change, model: { ...sample.model, ...model } })
    }
    const { spec, weights, channels } = sample.model
    const cases: readonly (readonly [() => unknown, string])[] = [
      [written({ period: 0 }), 'period must be a finite number above 0, got 0'],
      [written({ fittedAt: 0.5 }), 'fittedAt must be a whole number from 0 to 8640000000000000, got 0.5'],
      [written({}, { spec: { ...spec, hiddenSize: 6 } }), 'spec.hiddenSize must be a multiple of 4, got 6'],
      [
        written({}, { weights: weights.subarray(1) }),
        `weights must hold ${weights.length} values, got ${weights.length - 1}`,
      ],
      [written({}, { weights: weights.with(7, Number.NaN) }), 'weights must be finite, got NaN at index 7'],
      [written({}, { channels: channels.slice(1) }), 'channels must be 2 as spec.channels says, got 1'],
      [
        written({}, { channels: [channels[0], channels[0]] }),
        'channels[1].key is "plant/boiler", which another channel has',
      ],
      [
        written({}, { channels: [channels[0], { ...channels[1], unit: Number.POSITIVE_INFINITY }] }),
        'channels[1].unit must be a finite number above 0, got Infinity',
      ],
    ]
    for (const [write, message] of cases) assert.throws(write, { name: 'RangeError', message })
    const long = Array.from({ length: 2000 }, (_, i) => ({ key: `${i}`.padEnd(40_000), unit: 1, season: 0 }))
    const large = { ...spec, channels: long.length }
    assert.throws(
      written({}, { spec: large, weights: new Float32Array(netLayout(large).size), channels: long }),
      { name: 'FormatError', message: /^the channels take \d+ bytes, at most 67108864 are read$/ },
    )
  })
})
