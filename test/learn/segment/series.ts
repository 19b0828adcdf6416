import { createRandom } from '../../../src/engine/random.ts'
import type { FitJob, FitSchedule, FitSeries } from '../../../src/learn/segment/types.ts'
import { job } from '../jobs.ts'

/** A series of these values, all of them observed. */
export function seriesOf(values: ArrayLike<number>, more: Partial<FitSeries> = {}): FitSeries {
  return {
    key: 'a',
    values: Float64Array.from(values),
    observed: new Uint8Array(values.length).fill(1),
    trainEnd: null,
    ...more,
  }
}

/** Values of a noisy wave about 20, of height 3. */
export function waveValues(length: number, period: number, noise: number, seed = 1): Float64Array {
  const random = createRandom(seed)
  return Float64Array.from(
    { length },
    (_, i) => 20 + 3 * Math.sin((2 * Math.PI * i) / period) + random.normal(0, noise),
  )
}

/** A noisy wave with the key `wave <seed>`. */
export function wave(length: number, period = 12, noise = 0.2, seed = 1): FitSeries {
  return seriesOf(waveValues(length, period, noise, seed), { key: `wave ${seed}` })
}

/** A job of nets with segments of 4 and a horizon of 6. */
export function fitOf(
  series: readonly FitSeries[],
  schedule: Partial<FitSchedule> = {},
  more: Partial<FitJob> = {},
): FitJob {
  return job(1, {
    horizon: 6,
    segment: 4,
    hiddenSize: 8,
    season: null,
    series,
    schedule: { epochs: 4, updates: 20, maxSeconds: 60, ...schedule },
    ...more,
  })
}
