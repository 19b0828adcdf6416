import type { Trainer } from './client.ts'
import { pack } from './parcel.ts'
import { fitSegment } from './segment/fit.ts'

/**
 * A trainer that fits in this thread, at the call, for backtests and tests whose every step must come in a given order.
 * The promise is settled at the return. Progress is passed on unthrottled; `timeoutMs` has no effect, since here
 * nothing can end a fit but itself; only `onProgress` can abort the signal, or close the trainer, while a fit
 * runs.
 */
export function inProcessTrainer(): Trainer {
  let closed = false
  return {
    async fit(job, { signal, onProgress } = {}) {
      const check = (): void => {
        if (closed) throw new Error('the trainer is closed')
        signal?.throwIfAborted()
      }
      check()
      try {
        return fitSegment(job, {
          // A checkpoint may show arrays that the fit goes on writing to.
          onProgress: (progress) => onProgress?.(pack(progress).content),
          cancelled: () => closed || signal?.aborted === true,
        })
      } finally {
        check()
      }
    },
    async close() {
      closed = true
    },
  }
}
