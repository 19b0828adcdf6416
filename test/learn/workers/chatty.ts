import type { FitCheckpoint } from '../../../src/learn/segment/types.ts'
import { serve } from '../../../src/learn/serve.ts'
import { progressOf, resultOf } from '../jobs.ts'

/** Reports as many updates as the job's seed says; with checkpoints, every tenth has one, of arrays that it uses again. */
serve((job, { onProgress }) => {
  const started = performance.now()
  const weights = new Float32Array(4)
  for (let update = 1; update <= job.seed; update++) {
    weights.fill(update)
    const checkpoint = {
      update,
      weights,
      mean: weights,
      square: weights.subarray(0, 1),
      best: { weights },
    } as FitCheckpoint
    onProgress?.(progressOf(update, job.checkpoints && update % 10 === 0 ? { checkpoint } : {}))
  }
  return resultOf(weights, { seconds: (performance.now() - started) / 1000 })
})
