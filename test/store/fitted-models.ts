import fc from 'fast-check'
import type { FitMetrics } from '../../src/forecast/fit/types.ts'
import { netLayout } from '../../src/learn/segment/net.ts'
import type { Channel, SegmentSpec } from '../../src/learn/segment/types.ts'
import type { SavedFitted } from '../../src/store/fitted.ts'

const spec: SegmentSpec = {
  segment: 3,
  horizon: 7,
  hiddenSize: 4,
  seasonal: true,
  scale: 'running',
  channels: 2,
}

const metrics: FitMetrics = {
  rows: 400,
  horizon: 7,
  gru: { mse: 0.31, mae: 0.36, mase: 0.8 },
  naive: { mse: 1.21, mae: 0.81, mase: 1.7 },
  seasonalNaive: { mse: Number.NaN, mae: Number.NaN, mase: Number.POSITIVE_INFINITY },
  ridge: { mse: 0.4, mae: 0.44, mase: 0.9 },
  skill: 0.55,
  sentence: '55 % better than the last value on the newest 20 % of the history',
}

/** A small forecaster; its weights count up in eighths. */
export const sample: SavedFitted = {
  model: {
    spec,
    weights: Float32Array.from({ length: netLayout(spec).size }, (_, i) => i / 8),
    channels: [
      { key: 'plant/boiler', unit: 0.1 + 0.2, season: 24 },
      { key: '__proto__', unit: Number.MIN_VALUE, season: 0 },
    ],
  },
  period: 60_000,
  metrics,
  fittedAt: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
}

/** Names that trip naive codecs: inherited ones, line ends, half a surrogate pair. */
const keys = fc.oneof(
  fc.string(),
  fc.constantFrom('__proto__', 'constructor', '', '\n', '\r\n', '\ud800', '"\\'),
)
const positive = fc.double({ min: Number.MIN_VALUE, max: Number.MAX_VALUE, noNaN: true })
// JSON.stringify writes -0 as 0, and no score is -0.
const score = fc.double().map((v) => v + 0)
const scores = fc.record({ mse: score, mae: score, mase: score }, { noNullPrototype: true })
const anyMetrics: fc.Arbitrary<FitMetrics> = fc.record(
  {
    rows: fc.nat(),
    horizon: fc.integer({ min: 1, max: 1024 }),
    gru: scores,
    naive: scores,
    seasonalNaive: scores,
    ridge: scores,
    skill: score,
    sentence: fc.string(),
  },
  { noNullPrototype: true },
)
const channels: fc.Arbitrary<Channel[]> = fc.uniqueArray(
  fc.record(
    { key: keys, unit: positive, season: fc.integer({ min: 0, max: 2 ** 31 - 1 }) },
    { noNullPrototype: true },
  ),
  { selector: ({ key }) => key, maxLength: 6 },
)

/** Forecasters of any small shape. */
export const forecasters: fc.Arbitrary<SavedFitted> = fc
  .record({
    segment: fc.integer({ min: 2, max: 40 }),
    horizon: fc.integer({ min: 1, max: 200 }),
    quarter: fc.integer({ min: 1, max: 5 }),
    seasonal: fc.boolean(),
    scale: fc.constantFrom('fixed' as const, 'running' as const),
    channels,
    numbers: fc.float32Array({ noNaN: true, noDefaultInfinity: true, minLength: 1, maxLength: 50 }),
    period: fc.option(positive),
    metrics: fc.option(anyMetrics),
    fittedAt: fc.integer({ min: 0, max: 8.64e15 }),
  })
  .map(({ segment, horizon, quarter, seasonal, scale, channels, numbers, ...known }) => {
    const spec = { segment, horizon, hiddenSize: 4 * quarter, seasonal, scale, channels: channels.length }
    const { size } = netLayout(spec)
    const weights = Float32Array.from({ length: size }, (_, i) => numbers[i % numbers.length])
    return { model: { spec, weights, channels }, ...known }
  })
