import { serve } from '../../../src/learn/serve.ts'

/** Behaves as the job's seed says. */
serve((job, { onProgress, cancelled }) => {
  const progress = { update: job.seed, maxUpdates: job.maxUpdates, loss: 0, validationLoss: 0 }
  onProgress?.(progress)
  switch (job.seed) {
    case 1:
      throw new RangeError('no series is long enough')
    case 2:
      process.exit(3)
      break
    case 3:
      for (;;);
    case 4:
      while (!cancelled?.());
      throw new DOMException('the fit was cancelled', 'AbortError')
    case 5: {
      const hoard: number[][] = []
      for (;;) hoard.push(Array.from({ length: 1000 }, (_, i) => i + 0.5))
    }
    case 6:
      throw 'a bare word'
    case 7:
      queueMicrotask(() => {
        throw new Error('out of band')
      })
      for (let end = performance.now() + 5; performance.now() < end; );
  }
  return {
    weights: Float32Array.of(job.seed),
    seasons: new Int32Array(0),
    tailSkills: new Float64Array(0),
    validationLoss: 0,
    naiveLoss: 0,
    updates: 0,
    seconds: 0,
  }
})
