import { threadId } from 'node:worker_threads'
import type { FitJob } from '../../../src/learn/segment/types.ts'
import { serve } from '../../../src/learn/serve.ts'
import { progressOf, resultOf } from '../jobs.ts'

/** A job that ends when as many have come to its place of meeting as its seed says. */
export interface MeetingJob extends FitJob {
  /** One int32: how many have come. */
  readonly place: SharedArrayBuffer
}

/** Answers on which thread it ran and the how-manieth it was to come. */
serve((job, { onProgress }) => {
  const place = new Int32Array((job as MeetingJob).place)
  const came = Atomics.add(place, 0, 1) + 1
  Atomics.notify(place, 0)
  onProgress?.(progressOf(came))
  for (let there = came; there < job.seed; there = Atomics.load(place, 0)) Atomics.wait(place, 0, there)
  return resultOf(Float32Array.of(threadId, came))
})
