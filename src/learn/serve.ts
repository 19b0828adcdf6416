import { parentPort } from 'node:worker_threads'
import type { FitRequest, Reply } from './protocol.ts'
import type { FitControl, FitJob, FitResult } from './segment/types.ts'

/** Makes this worker thread answer fit requests with `run`, one at a time, until it is terminated. */
export function serve(run: (job: FitJob, control: FitControl) => FitResult): void {
  const port = parentPort
  if (!port) throw new Error('fits are served in a worker thread only')
  const reply = (message: Reply): void => port.postMessage(message)
  port.on('message', ({ id, job, cancel }: FitRequest) => {
    try {
      const result = run(job, {
        onProgress: (progress) => reply({ type: 'progress', id, progress }),
        cancelled: () => Atomics.load(cancel, 0) === 1,
      })
      reply({ type: 'done', id, result })
    } catch (error) {
      const { name, message, stack } = error instanceof Error ? error : new Error(String(error))
      reply({ type: 'failed', id, error: { name, message, stack } })
    }
  })
}
