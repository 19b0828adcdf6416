import { parentPort } from 'node:worker_threads'
import { pack } from './parcel.ts'
import type { FitRequest, Reply } from './protocol.ts'
import type { FitControl, FitJob, FitProgress, FitResult } from './segment/types.ts'

/** Milliseconds from one report of progress to the next, so that a quick fit does not keep the other thread busy. */
const REPORT_MS = 200

/**
 * Makes this worker thread answer fit requests with `run`, one at a time, until it is terminated. Of the progress that
 * comes faster than five times a second only the newest is passed on; checkpoints and the last progress always are.
 */
export function serve(run: (job: FitJob, control: FitControl) => FitResult): void {
  const port = parentPort
  if (!port) throw new Error('fits are served in a worker thread only')
  const reply = (message: Reply): void => {
    const { content, buffers } = pack(message)
    port.postMessage(content, buffers)
  }
  port.on('message', ({ id, job, cancel }: FitRequest) => {
    const report = every(REPORT_MS, (progress) => reply({ type: 'progress', id, progress }))
    try {
      const result = run(job, {
        onProgress: (progress) => report.take(progress, progress.checkpoint !== undefined),
        cancelled: () => Atomics.load(cancel, 0) === 1,
      })
      report.flush()
      reply({ type: 'done', id, result })
    } catch (error) {
      const { name, message, stack } = error instanceof Error ? error : new Error(String(error))
      reply({ type: 'failed', id, error: { name, message, stack } })
    }
  })
}

interface Reports {
  /** Passes it on if it is `urgent` or enough time has gone by, else keeps it in place of the one kept before. */
  take(progress: FitProgress, urgent: boolean): void
  /** Passes on what is kept. */
  flush(): void
}

function every(milliseconds: number, send: (progress: FitProgress) => void): Reports {
  let kept: FitProgress | null = null
  let last = -Infinity
  const flush = (): void => {
    if (!kept) return
    send(kept)
    kept = null
    last = performance.now()
  }
  return {
    take(progress, urgent) {
      kept = progress
      if (urgent || performance.now() - last >= milliseconds) flush()
    },
    flush,
  }
}
