import assert from 'node:assert/strict'
import { createRandom } from '../../src/engine/random.ts'
import { openSegment } from '../../src/forecast/experts/segment.ts'
import { netLayout } from '../../src/learn/segment/net.ts'
import { randomModel, SPEC } from './fitted.ts'

const { horizon, segment: w, hiddenSize } = SPEC

describe('segment net', () => {
  it('decodes a stream of its own with its embedding, any other with the mean of all', () => {
    const model = randomModel({}, ['a', '__proto__', 'c'])
    const net = openSegment(model)
    const { half, blocks, channel, position } = netLayout(model.spec)
    const row = (key: string): Float32Array => {
      const inputs = new Float32Array(blocks * hiddenSize)
      net.writeDecodeInputs(net.channelOf(key), inputs, 0)
      return inputs
    }
    const part = (from: number): Float32Array => model.weights.subarray(from, from + half)
    for (let m = 0; m < blocks; m++) {
      for (const [c, key] of ['a', '__proto__', 'c'].entries()) {
        const inputs = row(key).subarray(m * hiddenSize)
        assert.deepEqual(inputs.subarray(0, half), part(position + m * half))
        assert.deepEqual(inputs.subarray(half, hiddenSize), part(channel + c * half))
      }
      for (const key of ['constructor', 'd', '']) {
        const [first, second, third] = [0, 1, 2].map((c) => part(channel + c * half))
        const mean = first.map((v, j) => (v + second[j] + third[j]) / 3)
        row(key)
          .subarray(m * hiddenSize + half, (m + 1) * hiddenSize)
          .forEach((v, j) => {
            assert.ok(Math.abs(v - mean[j]) < 1e-6)
          })
      }
    }
    const bare = openSegment(randomModel({}, []))
    const inputs = new Float32Array(blocks * hiddenSize).fill(1)
    bare.writeDecodeInputs(bare.channelOf('a'), inputs, 0)
    assert.ok(inputs.subarray(half, hiddenSize).every((v) => v === 0))
  })

  it('has sides of softplus that are never 0 nor overflow', () => {
    const model = randomModel()
    const net = openSegment(model)
    const { outW, outB, sideW, sideB } = netLayout(model.spec)
    const random = createRandom(3)
    for (const size of [1, 1e4]) {
      const hidden = Float32Array.from({ length: 3 * net.blocks * hiddenSize }, () =>
        random.uniform(-size, size),
      )
      const [changes, below, above] = [0, 1, 2].map(() => new Float64Array(horizon))
      const [row, scale, own] = [net.blocks, 2.5, 2]
      net.decode(hidden, row, scale, own, { changes, below, above })
      for (let h = 0; h < horizon; h++) {
        const from = (row + Math.floor(h / w)) * hiddenSize
        const project = (weights: number, bias: number, unit: number): number => {
          let sum = model.weights[bias + unit]
          for (let j = 0; j < hiddenSize; j++)
            sum += model.weights[weights + unit * hiddenSize + j] * hidden[from + j]
          return sum
        }
        const side = (unit: number): number => {
          const x = project(sideW, sideB, unit)
          return Math.max(scale * (x > 30 ? x : Math.log(1 + Math.exp(x))), 1e-9 * own)
        }
        const near = (a: number, b: number): void =>
          assert.ok(Math.abs(a - b) < 1e-9 * (1 + Math.abs(b)), `${a}, ${b}`)
        near(changes[h], scale * project(outW, outB, h % w))
        near(below[h], side(h % w))
        near(above[h], side(w + (h % w)))
        assert.ok(below[h] > 0 && above[h] > 0)
      }
    }
  })

  it('refuses what does not fit, naming it', () => {
    const model = randomModel()
    const { spec, weights, channels } = model
    const refused = (other: object, message: RegExp): void =>
      assert.throws(() => openSegment({ ...model, ...other }), { name: 'RangeError', message })
    refused({ weights: weights.slice(1) }, /must hold \d+ weights, got \d+/)
    refused({ weights: weights.map((v, i) => (i === 7 ? Number.NaN : v)) }, /finite, got NaN at index 7/)
    refused({ channels: channels.slice(1) }, /must name 2 channels, got 1/)
    refused({ channels: channels.map((c) => ({ ...c, unit: 0 })) }, /unit of a channel must be .* got 0/)
    refused(
      { channels: channels.map((c) => ({ ...c, season: -1 })) },
      /season of a channel must be .* got -1/,
    )
    for (const [name, value, message] of [
      ['segment', 1, /segment must be .* got 1/],
      ['horizon', 1e9, /horizon must be .* got 1000000000/],
      ['hiddenSize', 6, /hiddenSize must be a multiple of 4, got 6/],
      ['channels', 1e9, /channels must be .* got 1000000000/],
      ['seasonal', 'yes', /seasonal must be true or false, got "yes"/],
      ['scale', '\u202e', /scale must be fixed or running, got "\\u202e"/],
    ] as const) {
      refused({ spec: { ...spec, [name]: value } }, message)
    }
  })
})
