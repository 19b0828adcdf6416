import { serve } from '../../../src/learn/serve.ts'

/** Gives the job's weights back and tells how much of the first series arrived. */
serve((job, { onProgress }) => {
  const { values } = job.series[0]
  for (let update = 1; update <= job.maxUpdates; update++) {
    onProgress?.({ update, maxUpdates: job.maxUpdates, loss: 1 / update, validationLoss: 2 / update })
  }
  return {
    weights: job.weights ?? new Float32Array(0),
    seasons: Int32Array.of(values.buffer.byteLength),
    tailSkills: Float64Array.of(0),
    validationLoss: values[0],
    naiveLoss: 0,
    updates: job.maxUpdates,
    seconds: 0,
  }
})
