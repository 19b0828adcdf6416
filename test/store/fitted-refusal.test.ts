import assert from 'node:assert/strict'
import { safetensorsOf } from '../formats/files.ts'
import { changed, type Header, offsets, parts, refusal, said, specOf, withChannels } from './fitted-bytes.ts'

const metricsOf = (change: object): Uint8Array => {
  return said('metrics', JSON.stringify({ ...JSON.parse(parts().header.__metadata__.metrics), ...change }))
}
const unusable = (why: string): string => `the forecaster cannot be used: ${why}`

describe('store/fitted, refusals', () => {
  const channel = '{"key":"a","unit":1,"season":0}\n'
  const cases: readonly (readonly [string, Uint8Array, string])[] = [
    [
      'another version',
      said('gruflow.forecaster', '2'),
      'the forecaster is of version "2"; this program reads version 1',
    ],
    [
      'a missing part',
      changed(({ __metadata__ }) => delete __metadata__.fittedAt),
      "the forecaster's metadata have no fittedAt",
    ],
    [
      'a part that is no JSON',
      said('spec', '{segment:3}'),
      "the metadata's spec is not valid JSON: text expected at position 1",
    ],
    [
      'a part by an inherited name',
      worded('"spec":', '"__proto__":'),
      "the forecaster's metadata have no spec",
    ],
    [
      'a tensor by an inherited name',
      worded('"output.bias":', '"__proto__":'),
      'the file has the tensor "__proto__", which no forecaster has',
    ],
    [
      'a field twice',
      said('spec', '{"segment":3,"segment":3}'),
      "the metadata's spec is not valid JSON: a name that was there before at position 22",
    ],
    [
      'an unknown field',
      said('spec', '{"__proto__":{"segment":3}}'),
      unusable(
        'spec has the unknown field "__proto__"; known are segment, horizon, hiddenSize, seasonal, scale, channels',
      ),
    ],
    ['no spec at all', said('spec', '[]'), unusable('spec must be an object, got an array of 0')],
    [
      'a missing field',
      said('spec', '{}'),
      unusable('spec.hiddenSize must be a whole number from 4 to 512, got undefined'),
    ],
    [
      'a segment too long',
      specOf({ segment: 513 }),
      unusable('spec.segment must be a whole number from 2 to 512, got 513'),
    ],
    [
      'a horizon of 0',
      specOf({ horizon: 0 }),
      unusable('spec.horizon must be a whole number from 1 to 1024, got 0'),
    ],
    [
      'hidden units that are no multiple of 4',
      specOf({ hiddenSize: 10 }),
      unusable('spec.hiddenSize must be a multiple of 4, got 10'),
    ],
    [
      'too many channels',
      specOf({ channels: 100_001 }),
      unusable('spec.channels must be a whole number from 0 to 100000, got 100001'),
    ],
    [
      'an unknown scale',
      specOf({ scale: 'running\u202e' }),
      unusable('spec.scale must be fixed or running, got "running\\u202e"'),
    ],
    [
      'a truth that is text',
      specOf({ seasonal: 'yes' }),
      unusable('spec.seasonal must be true or false, got "yes"'),
    ],
    ['a period of 0', said('period', '0'), unusable('period must be a finite number above 0, got 0')],
    [
      'a period beyond numbers',
      said('period', '1e999'),
      unusable('period must be a finite number above 0, got Infinity'),
    ],
    [
      'a time that no clock shows',
      said('fittedAt', '1e16'),
      unusable('fittedAt must be a whole number from 0 to 8640000000000000, got 10000000000000000'),
    ],
    [
      'a score that is text',
      metricsOf({ gru: { mse: 'good', mae: 1, mase: 1 } }),
      unusable('metrics.gru.mse must be a number, got "good"'),
    ],
    [
      'metrics without a skill',
      metricsOf({ skill: undefined }),
      unusable('metrics.skill must be a number, got undefined'),
    ],
    [
      'weights of another shape',
      specOf({ segment: 4 }),
      '"encoder.weight" has the shape [4, 5] where [4, 6] is needed',
    ],
    [
      'a spec far larger than the file',
      specOf({ hiddenSize: 512, channels: 100_000 }),
      '"gru.weight_ih_l0" has the shape [12, 4] where [1536, 512] is needed',
    ],
    [
      'a missing tensor',
      renamed('output.bias', 'output.biases'),
      'the file has the tensor "output.biases", which no forecaster has',
    ],
    [
      'another tensor',
      changed((header) => {
        header.more = { dtype: 'F32', shape: [0], data_offsets: [0, 0] }
      }),
      'the file has the tensor "more", which no forecaster has',
    ],
    [
      'weights that are whole numbers',
      typed('output.bias', 'I32'),
      '"output.bias" is of type I32; weights must be floating-point numbers',
    ],
    ['channels that are no bytes', typed('channels', 'I8'), '"channels" is of type I8 where U8 is needed'],
    ['a weight that is no number', notFinite(), '"output.bias" holds NaN at index 1; weights must be finite'],
    ['too few channels', withChannels(channel), 'the file describes 1 of the 2 channels of its model'],
    [
      'too many lines',
      withChannels(channel + channel.replace('a', 'b') + channel),
      'the file describes more than the 2 channels of its model',
    ],
    [
      'a key twice',
      withChannels(channel + channel),
      unusable('channels[1].key is "a", which another channel has'),
    ],
    [
      'a key that is no text',
      withChannels(`${channel}{"key":1,"unit":1,"season":0}\n`),
      unusable('channels[1].key must be a text of at most 65535 characters, got 1'),
    ],
    [
      'a unit of 0',
      withChannels('{"key":"a","unit":0,"season":0}\n\n'),
      unusable('channels[0].unit must be a finite number above 0, got 0'),
    ],
    [
      'a season of halves',
      withChannels('{"key":"a","unit":1,"season":1.5}\n\n'),
      unusable('channels[0].season must be a whole number from 0 to 2147483647, got 1.5'),
    ],
    [
      'a channel that is no object',
      withChannels('[]\n\n'),
      unusable('channels[0] must be an object, got an array of 0'),
    ],
    [
      'a channel that is no JSON',
      withChannels('key\n\n'),
      'channels[0] is not valid JSON: value expected at position 0',
    ],
    [
      'a line without end',
      withChannels(`${'['.repeat(2 ** 19 + 1)}\n`),
      'channels[0] has 524289 bytes, at most 524288 are read',
    ],
  ]
  for (const [what, bytes, message] of cases) {
    it(`refuses ${what}`, async () => assert.equal(await refusal(bytes), message))
  }

  it('refuses a file without one of its tensors', async () => {
    const { header, data } = parts()
    const [begin] = offsets(header, 'channels')
    delete header.channels
    assert.equal(
      await refusal(safetensorsOf(header, data.subarray(0, begin))),
      'the forecaster has no tensor "channels"',
    )
  })
})

function renamed(from: string, to: string): Uint8Array {
  return changed((header) => {
    header[to] = header[from]
    delete header[from]
  })
}

/** The sample with its header's text changed. */
function worded(from: string, to: string): Uint8Array {
  const { header, data } = parts()
  return safetensorsOf(JSON.stringify(header).replace(from, to), data)
}

function typed(name: string, dtype: string): Uint8Array {
  return changed((header: Header) => {
    header[name] = { ...(header[name] as { shape: number[]; data_offsets: number[] }), dtype }
  })
}

function notFinite(): Uint8Array {
  const { header, data } = parts()
  const bytes = data.slice()
  new DataView(bytes.buffer).setFloat32(offsets(header, 'output.bias')[0] + 4, Number.NaN, true)
  return safetensorsOf(header, bytes)
}
