import { createRandom } from '../../src/engine/random.ts'
import type { GruOutput } from '../../src/forecast/experts/gru.ts'
import { createForecastModel } from '../../src/forecast/model.ts'
import type {
  ExpertName,
  Forecast,
  ForecastModel,
  ForecastModelOptions,
  Reading,
  Streams,
} from '../../src/forecast/types.ts'
import { initialiseNet } from '../../src/learn/segment/initialise.ts'
import { netLayout } from '../../src/learn/segment/net.ts'
import type { SegmentModel, SegmentSpec } from '../../src/learn/segment/types.ts'

export const T0: number = Date.UTC(2026, 0, 5)
export const SPEC = { horizon: 6, segment: 4, hiddenSize: 8 } as const

/** A model that knows nothing and does not learn. */
export function blank(): ForecastModel {
  return createForecastModel({ ...SPEC, learn: false })
}

/** Options of a model that is given its weights and does not learn on. */
export const TAUGHT: ForecastModelOptions = { ...SPEC, learn: false, season: 12 }

/** What a GRU writes a forecast of so many steps into. */
export function outputOf(horizon: number): GruOutput {
  const part = (): Float32Array => new Float32Array(horizon)
  return { changes: part(), below: part(), above: part() }
}

/** A net with random weights, as if fitted on streams of these keys. */
export function randomModel(
  spec: Partial<SegmentSpec> = {},
  keys: readonly string[] = ['a', 'b'],
): SegmentModel {
  const full: SegmentSpec = { ...SPEC, seasonal: true, scale: 'running', ...spec, channels: keys.length }
  const weights = initialiseNet(full, createRandom(5))
  const random = createRandom(6)
  // The output layer of an untrained net is zero: it would have nothing to say.
  for (let i = netLayout(full).outW; i < weights.length; i++) weights[i] = random.uniform(-0.5, 0.5)
  const channels = keys.map((key) => ({ key, unit: 2.15, season: 12 }))
  return { spec: full, weights: Float32Array.from(weights), channels }
}

/** One of another shape, in all that may differ. */
export function otherModel(keys?: readonly string[]): SegmentModel {
  return randomModel({ segment: 6, hiddenSize: 12, seasonal: false, scale: 'fixed' }, keys)
}

/** Gives a new model random weights, as if fitted. */
export function fitted(model: ForecastModel = createForecastModel(TAUGHT)): ForecastModel {
  model.adopt(randomModel(), null)
  return model
}

/** What an expert has to say in a forecast, 0–1. */
export function shareOf(forecast: Forecast | undefined, name: ExpertName): number {
  return forecast?.experts.find((expert) => expert.name === name)?.share ?? 0
}

/** A noisy wave, a reading a second. */
export function waves(n: number, from = 0, seed = 1): Reading[] {
  const random = createRandom(seed)
  return Array.from({ length: from + n }, (_, i) => ({
    value: 20 + 3 * Math.sin((2 * Math.PI * i) / 12) + random.normal(0, 0.3),
    time: T0 + i * 1000,
  })).slice(from)
}

/** Pushes readings one by one. */
export function run(streams: Streams, readings: readonly Reading[], key = 'a'): (Forecast | undefined)[] {
  return readings.map(({ value, time }) => streams.push(key, value, time).forecast)
}

/** Opens streams with a short warm-up; their models are closed after each test of the suite that calls this. */
export function opener(): (model: ForecastModel, options?: object) => Streams {
  const models: ForecastModel[] = []
  afterEach(async () => {
    await Promise.all(models.splice(0).map((model) => model.close()))
  })
  return (model, options = {}) => {
    models.push(model)
    return model.streams({ warmUp: 8, ...options })
  }
}
