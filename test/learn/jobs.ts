import { extname } from 'node:path'
import type { FitJob, FitProgress, FitResult } from '../../src/learn/segment/types.ts'

/** A worker of the tests. */
export const own = (name: string): URL =>
  new URL(`./workers/${name}${extname(import.meta.url)}`, import.meta.url)

/** A job without history. */
export function job(seed: number, more: Partial<FitJob> = {}): FitJob {
  return {
    horizon: 4,
    segment: 2,
    hiddenSize: 4,
    season: 0,
    scale: 'fixed',
    table: false,
    series: [],
    start: null,
    seed,
    schedule: { epochs: 2, updates: 10, maxSeconds: 60 },
    checkpoint: null,
    checkpoints: false,
    ...more,
  }
}

/** A job with one series of a daily pattern. */
export function waves(length: number, more: Partial<FitJob> = {}): FitJob {
  const values = Float64Array.from(
    { length },
    (_, i) => 20 + 5 * Math.sin((2 * Math.PI * i) / 24) + Math.sin(i * i),
  )
  const observed = new Uint8Array(length).fill(1)
  return job(1, {
    season: null,
    series: [{ key: 'a', values, observed, trainEnd: null }],
    ...more,
  })
}

/** What a worker of the tests answers, with something to tell as its weights. */
export function resultOf(weights: Float32Array, more: Partial<FitResult> = {}): FitResult {
  return {
    model: {
      spec: { segment: 2, horizon: 4, hiddenSize: 4, seasonal: false, scale: 'fixed', channels: 0 },
      weights,
      channels: [],
    },
    tailSkills: new Float64Array(0),
    validationLoss: 0,
    naiveLoss: 0,
    epochs: 0,
    updates: 0,
    seconds: 0,
    ...more,
  }
}

export function progressOf(update: number, more: Partial<FitProgress> = {}): FitProgress {
  return { epoch: 0, epochs: 1, update, maxUpdates: 10, loss: 0, validationLoss: 0, secondsLeft: 0, ...more }
}
