import assert from 'node:assert/strict'
import { createRandom } from '../../src/engine/random.ts'
import { createStepper } from '../../src/engine/stepper.ts'
import { openSegment } from '../../src/forecast/experts/segment.ts'
import { openSafetensors } from '../../src/formats/safetensors/container.ts'
import { createTensor } from '../../src/formats/tensor.ts'
import { netLayout } from '../../src/learn/segment/net.ts'
import type { SegmentModel } from '../../src/learn/segment/types.ts'
import { writeFitted } from '../../src/store/fitted.ts'
import { sample } from './fitted-models.ts'

const SCALE = 2.5
const SEASON = 5

/** A model of random weights. */
function modelOf(seasonal: boolean, keys: readonly string[], seed: number): SegmentModel {
  const spec = {
    ...sample.model.spec,
    segment: 4,
    horizon: 10,
    hiddenSize: 8,
    seasonal,
    channels: keys.length,
  }
  const random = createRandom(seed)
  const weights = Float32Array.from({ length: netLayout(spec).size }, () => random.uniform(-0.5, 0.5))
  return { spec, weights, channels: keys.map((key) => ({ key, unit: SCALE, season: SEASON })) }
}

interface Forecasted {
  readonly mean: number[]
  readonly lower: number[]
  readonly upper: number[]
}

/** As `docs/formats.md` has it, in float64, from the named tensors alone. */
function byFormula(model: SegmentModel, channel: number, x: readonly number[]): Forecasted {
  const tensors = tensorsOf(model)
  const matrix = (name: string): number[][] => {
    const { shape, values } = tensors.get(name)!
    return Array.from({ length: shape[0] }, (_, i) => [...values.subarray(i * shape[1], (i + 1) * shape[1])])
  }
  const vector = (name: string): number[] => [...tensors.get(name)!.values]
  const { segment: w, horizon, hiddenSize: d, seasonal } = model.spec
  const affine = (name: string, v: readonly number[]): number[] => {
    const b = vector(`${name}.bias`)
    return matrix(`${name}.weight`).map((row, i) => dot(row, v) + b[i])
  }
  const gru = (input: readonly number[], h: readonly number[]): number[] => {
    const b = vector('gru.bias_ih_l0')
    const c = vector('gru.bias_hh_l0')
    const wx = matrix('gru.weight_ih_l0').map((row, i) => dot(row, input) + b[i])
    const uh = matrix('gru.weight_hh_l0').map((row, i) => dot(row, h) + c[i])
    return h.map((before, i) => {
      const r = sigmoid(wx[i] + uh[i])
      const z = sigmoid(wx[d + i] + uh[d + i])
      const n = Math.tanh(wx[2 * d + i] + r * uh[2 * d + i])
      return (1 - z) * n + z * before
    })
  }
  const at = (t: number): number => x[Math.max(t, 0)]
  const features = (t: number): number[] => {
    const changes = Array.from({ length: w }, (_, k) => at(t - w + 1 + k) - at(t))
    changes.push(at(t) - at(t - w))
    if (seasonal) changes.push(at(t - SEASON) - at(t))
    return changes.map((v) => Math.min(Math.max(v / SCALE, -10), 10))
  }

  const newest = x.length - 1
  let h: number[] = Array(d).fill(0)
  for (let t = newest % w; t <= newest; t += w) {
    h = gru(
      affine('encoder', features(t)).map((v) => Math.max(v, 0)),
      h,
    )
  }
  const embeddings = matrix('channel.weight')
  const own = embeddings[channel] ?? columnMeans(embeddings, d / 2)
  const result: Forecasted = { mean: [], lower: [], upper: [] }
  for (const position of matrix('position.weight')) {
    const y = gru([...position, ...own], h)
    const out = affine('output', y)
    const sides = affine('interval', y).map((v) => SCALE * Math.log(1 + Math.exp(v)))
    for (let j = 0; j < w && result.mean.length < horizon; j++) {
      const mean = at(newest) + SCALE * out[j]
      result.mean.push(mean)
      result.lower.push(mean - sides[j])
      result.upper.push(mean + sides[w + j])
    }
  }
  return result
}

/** As the program does. */
function byProgram(model: SegmentModel, key: string, x: readonly number[]): Forecasted {
  const net = openSegment(model)
  const { segment, horizon, hiddenSize } = model.spec
  const stepper = createStepper(net.gru)
  const values = Float64Array.from(x)
  const newest = x.length - 1
  const input = new Float32Array(hiddenSize)
  for (let t = newest % segment; t <= newest; t += segment) {
    net.encode(values, 0, t, SCALE, SEASON, input, 0)
    stepper.step([0], input)
  }
  const inputs = new Float32Array(net.blocks * hiddenSize)
  net.writeDecodeInputs(net.channelOf(key), inputs, 0)
  const hidden = stepper.ahead(new Int32Array(net.blocks), inputs).slice()
  stepper.close()
  const [changes, below, above] = Array.from({ length: 3 }, () => new Float64Array(horizon))
  net.decode(hidden, 0, SCALE, 1, { changes, below, above })
  const mean = Array.from(changes, (v) => x[newest] + v)
  return { mean, lower: mean.map((v, i) => v - below[i]), upper: mean.map((v, i) => v + above[i]) }
}

function tensorsOf(model: SegmentModel): Map<string, { shape: readonly number[]; values: Float32Array }> {
  const { entries } = openSafetensors(writeFitted({ ...sample, model }))
  const weights = entries.filter(({ dtype }) => dtype === 'F32')
  return new Map(
    weights.map((entry) => [entry.name, { shape: entry.shape, values: createTensor(entry).values() }]),
  )
}

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, v, i) => sum + v * b[i], 0)
const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v))
const columnMeans = (rows: readonly number[][], width: number): number[] =>
  Array.from({ length: width }, (_, j) => rows.reduce((sum, row) => sum + row[j] / rows.length, 0))

describe('store/fitted, run elsewhere', () => {
  const x = Array.from({ length: 23 }, (_, t) => 20 + 3 * Math.sin(t) + (t % 7) / 5)
  for (const [what, seasonal, keys, key] of [
    ['a stream that it was fitted on', true, ['a', 'b', 'c'], 'b'],
    ['a stream that it was not fitted on', true, ['a', 'b', 'c'], 'd'],
    ['no season and no channels', false, [], 'a'],
  ] as const) {
    it(`forecasts by the documented formula what the program forecasts: ${what}`, () => {
      const model = modelOf(seasonal, keys, 3)
      const [expected, got] = [byFormula(model, [...keys].indexOf(key as never), x), byProgram(model, key, x)]
      for (const part of ['mean', 'lower', 'upper'] as const) {
        assert.equal(got[part].length, model.spec.horizon)
        const error = Math.max(...got[part].map((v, i) => Math.abs(v - expected[part][i])))
        assert.ok(error < 1e-5, `${part} differs by ${error}`)
      }
      assert.ok(got.lower.every((v, i) => v < got.mean[i] && got.mean[i] < got.upper[i]))
    })
  }
})
