import assert from 'node:assert/strict'
import { createRandom } from '../../../src/engine/random.ts'
import { type SplitSeries, scalesOf, splitSeries } from '../../../src/learn/segment/data.ts'
import { createEvaluator, type Evaluation } from '../../../src/learn/segment/evaluate.ts'
import { writeFeatures } from '../../../src/learn/segment/features.ts'
import { initialiseNet } from '../../../src/learn/segment/initialise.ts'
import { netLayout } from '../../../src/learn/segment/net.ts'
import type { FitSeries, SegmentSpec } from '../../../src/learn/segment/types.ts'
import { createWasmNet } from '../../../src/learn/segment/wasmNet.ts'
import { paddedRows } from '../../../src/learn/wasm/arena.ts'
import { createOracle } from './oracle.ts'
import { seriesOf, wave, waveValues } from './series.ts'

const SPEC: SegmentSpec = {
  segment: 5,
  horizon: 7,
  hiddenSize: 6,
  seasonal: true,
  scale: 'running',
  channels: 3,
}
const CONTEXT = 30
const WILD = 10

const split = (spec: SegmentSpec, series: readonly FitSeries[]): SplitSeries[] =>
  series.map((one) => splitSeries(one, 12, spec.segment, spec.horizon))

function evaluate(spec: SegmentSpec, all: readonly SplitSeries[], weights: Float64Array): Evaluation {
  const net = createWasmNet(spec, weights, paddedRows(spec.segment))
  const scales = all.map((one) => scalesOf(spec.scale, one, spec.segment))
  return createEvaluator(spec, net, all, scales)()
}

/** Errors of forecasts that the float64 net makes of one series, and of the last value. */
function errorsOf(spec: SegmentSpec, series: SplitSeries, weights: Float64Array, channel: number) {
  const { segment: w, horizon } = spec
  const { values, observed, unit, season, tailStart, tailEnd } = series
  const { features, size } = netLayout(spec)
  const scale = scalesOf(spec.scale, series, w)
  const first = tailStart - Math.min(CONTEXT, Math.floor(tailStart / w)) * w
  const steps = Math.ceil((tailEnd - first) / w)
  const channels = new Array(w).fill(channel)
  const oracle = createOracle(spec, weights, new Float64Array(size), { steps, lanes: w, channels })
  for (let row = 0; row < steps * w; row++) {
    const t = Math.min(first + row, values.length - 1)
    writeFeatures(spec, values, 0, t, scale[t], season, oracle.x, row * features)
  }
  oracle.forward()
  const errors: number[] = []
  const naive: number[] = []
  for (let t = tailStart; t < tailEnd; t++) {
    for (let ahead = 1; ahead <= horizon && t + ahead < values.length; ahead++) {
      if (!observed[t] || !observed[t + ahead]) continue
      const block = Math.floor((ahead - 1) / w)
      const at = (block * steps * w + t - first) * 3 * w + ((ahead - 1) % w)
      const change = (values[t + ahead] - values[t]) / unit
      errors.push(Math.min(Math.abs((oracle.out[at] * scale[t]) / unit - change), WILD))
      naive.push(Math.min(Math.abs(change), WILD))
    }
  }
  return { errors, naive }
}

const mean = (values: number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length
const squares = (values: number[]): number => mean(values.map((v) => v * v))
const close = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual - expected) < 1e-5 * (1 + Math.abs(expected)), `${actual}, ${expected}`)

describe('the evaluation of a net', () => {
  it('is that of the float64 net on what was held back, with gaps and sentinels', () => {
    for (const channels of [3, 0]) {
      const spec = { ...SPEC, channels }
      const weights = initialiseNet(spec, createRandom(1))
      // Longer and shorter than the context.
      const series = [
        wave(400, 12, 0.5, 1),
        wave(70, 12, 0.5, 2),
        { ...wave(260, 12, 0.5, 3), trainEnd: 258 },
      ]
      for (const { values, observed } of series) {
        for (let t = 3; t < values.length; t += 7) observed[t] = 0
        values[values.length - 4] = 1e30
        // What the grid filled in is neither an origin nor a target.
        values[values.length - 1 - ((values.length - 4) % 7)] = -1e30
        observed[values.length - 1 - ((values.length - 4) % 7)] = 0
      }
      const all = split(spec, series)
      const found = evaluate(spec, all, weights)
      const expected = all.map((one, i) => errorsOf(spec, one, weights, channels > 0 ? i : -1))
      close(found.loss, squares(expected.flatMap(({ errors }) => errors)))
      close(found.naiveLoss, squares(expected.flatMap(({ naive }) => naive)))
      for (const [i, { errors, naive }] of expected.entries()) {
        assert.ok(errors.length > 0)
        close(found.skills[i], 1 - mean(errors) / mean(naive))
      }
    }
  })

  it('changes with nothing that comes before its context', () => {
    const weights = initialiseNet(SPEC, createRandom(1))
    const spec: SegmentSpec = { ...SPEC, scale: 'fixed', seasonal: false, channels: 1 }
    const [series] = split(spec, [{ ...wave(500), trainEnd: 400 }])
    const before = 399 - CONTEXT * spec.segment
    const changed = (t: number) => ({ ...series, values: series.values.map((v, i) => (i <= t ? v + 1 : v)) })
    const found = evaluate(spec, [series], weights)
    assert.deepEqual(evaluate(spec, [changed(before - spec.segment - 1)], weights), found)
    assert.notDeepEqual(evaluate(spec, [changed(before)], weights), found)
  })

  it('judges by those series that have something held back', () => {
    const weights = initialiseNet(SPEC, createRandom(1))
    const series = [wave(100, 12, 0.5, 1), { ...wave(100, 12, 0.5, 2), trainEnd: 100 }, wave(100, 12, 0.5, 3)]
    const { loss, skills } = evaluate(SPEC, split(SPEC, series), weights)
    assert.ok(Number.isFinite(loss))
    assert.deepEqual([...skills].map(Number.isFinite), [true, false, true])
    const none = split(
      SPEC,
      series.map((one) => ({ ...one, trainEnd: 100 })),
    )
    const found = evaluate(SPEC, none, weights)
    assert.deepEqual([found.loss, found.naiveLoss, ...found.skills], new Array(5).fill(Number.NaN))
  })

  it('takes some of the phases only where there are more than 131,072 origins', () => {
    const spec: SegmentSpec = {
      segment: 4,
      horizon: 2,
      hiddenSize: 2,
      seasonal: false,
      scale: 'fixed',
      channels: 0,
    }
    const values = waveValues(140_100, 12, 0.2)
    const from = 101
    const naiveOf = (to: number, phases: readonly number[]): number => {
      const [{ tailStart, tailEnd, unit }] = split(spec, [
        seriesOf(values.subarray(0, to), { trainEnd: from }),
      ])
      const errors: number[] = []
      for (let t = tailStart; t < tailEnd; t++) {
        if (!phases.includes((t - tailStart) % spec.segment)) continue
        for (let ahead = 1; ahead <= 2; ahead++) errors.push(Math.abs(values[t + ahead] - values[t]) / unit)
      }
      return squares(errors)
    }
    const found = (to: number): number => {
      const series = seriesOf(values.subarray(0, to), { trainEnd: from })
      return evaluate(spec, split(spec, [series]), initialiseNet(spec, createRandom(1))).naiveLoss
    }
    for (const [to, phases] of [
      [130_000, [0, 1, 2, 3]],
      [140_100, [0, 2]],
    ] as const) {
      const [actual, expected] = [found(to), naiveOf(to, phases)]
      assert.ok(Math.abs(actual - expected) < 1e-9 * expected, `${actual}, ${expected} of ${to}`)
    }
  })
})
