import { EventEmitter, once } from 'node:events'
import type { ForecastModel, Training } from '../../src/forecast/types.ts'
import type { Trainer } from '../../src/learn/client.ts'
import { netLayout } from '../../src/learn/segment/net.ts'
import type { FitJob, FitResult, SegmentModel, SegmentSpec } from '../../src/learn/segment/types.ts'

/** Resolves at the next state of training that `wanted` accepts. */
export async function training(model: ForecastModel, wanted: (training: Training) => boolean): Promise<void> {
  const changes = new EventEmitter()
  const stop = model.onChange(() => changes.emit('change'))
  while (!wanted(model.training)) await once(changes, 'change')
  stop()
}

/** A net that a job may bring, all of whose weights are `weight`. */
export function modelOf({ horizon, segment, hiddenSize, series }: FitJob, weight = 0): SegmentModel {
  const spec: SegmentSpec = {
    horizon,
    segment: segment ?? 24,
    hiddenSize,
    seasonal: true,
    scale: 'running',
    channels: series.length,
  }
  return {
    spec,
    weights: new Float32Array(netLayout(spec).size).fill(weight),
    channels: series.map(({ key }) => ({ key, unit: 2, season: 12 })),
  }
}

/** A trainer under the test's control: jobs wait until they are settled by hand. */
export function stage(): {
  openTrainer: () => Trainer
  jobs: FitJob[]
  /** Of each job: whether it is still wanted. */
  signals: AbortSignal[]
  settle: (result: Partial<FitResult> | Error) => void
} {
  const jobs: FitJob[] = []
  const signals: AbortSignal[] = []
  const waiting: { resolve: (result: FitResult) => void; reject: (error: Error) => void }[] = []
  return {
    jobs,
    signals,
    openTrainer: () => ({
      fit: (job, options) => {
        jobs.push(job)
        signals.push(options!.signal!)
        return new Promise((resolve, reject) => waiting.push({ resolve, reject }))
      },
      close: async () => {},
    }),
    settle(result) {
      const { resolve, reject } = waiting.shift()!
      if (result instanceof Error) reject(result)
      else {
        const job = jobs.at(-1)!
        resolve({
          model: modelOf(job),
          tailSkills: new Float64Array(job.series.length),
          validationLoss: 1,
          naiveLoss: 1,
          epochs: 0,
          updates: 0,
          seconds: 0,
          ...result,
        })
      }
    },
  }
}
