import { extname } from 'node:path'
import { pack } from './parcel.ts'
import { createPool, type Pool } from './pool.ts'
import type { FitJob, FitProgress, FitResult } from './segment/types.ts'
import type { Program } from './thread.ts'

export interface FitOptions {
  /** Ends the fit, or takes it out of the queue; the promise is rejected with the signal's reason at once. */
  readonly signal?: AbortSignal
  /** Called at most about five times a second, and with every checkpoint. What it throws ends the fit. */
  readonly onProgress?: (progress: FitProgress) => void
  /** Milliseconds from the fit's start after which its worker is terminated. @default 120000 */
  readonly timeoutMs?: number
}

/** Fits models. */
export interface Trainer {
  /**
   * Queues one fit. The job is copied at the call: its arrays stay the caller's.
   *
   * Rejected when the fit throws, its worker dies, runs out of memory or out of time, the signal aborts, or the
   * trainer is closed. Other fits are not affected.
   */
  fit(job: FitJob, options?: FitOptions): Promise<FitResult>
  /** Ends and rejects what is queued or running; settles when it has ended. Idempotent. */
  close(): Promise<void>
}

export interface TrainerOptions {
  /** Module that answers requests for fits. @default the package's own worker */
  readonly url?: URL
  /** Most memory for the objects of a worker in MiB; typed arrays and the memory of WebAssembly come on top. @default 512 */
  readonly maxMemoryMb?: number
  /** Most fits of this trainer that run at the same time. @default as many as the pool has threads */
  readonly threads?: number
}

const TIMEOUT_MS = 120_000
const OWN_WORKER = new URL(`./worker${extname(import.meta.url)}`, import.meta.url)

/** All trainers of the process share it, so that models that refit at the same time take no more than its threads. */
const shared: Pool = createPool()

/**
 * Makes a trainer that fits in worker threads, so that the caller's thread never trains: two threads, or one where the
 * machine has no more, shared by all trainers. They start with the first fit and do not keep the process alive while
 * they have nothing to do. Fits wait in one queue, first come, first served.
 * @throws RangeError when `threads` is not a whole number ≥ 1
 */
export function createTrainer(options: TrainerOptions = {}, pool: Pool = shared): Trainer {
  const { url = OWN_WORKER, maxMemoryMb = 512, threads } = options
  if (threads !== undefined && !(Number.isSafeInteger(threads) && threads >= 1)) {
    throw new RangeError(`threads must be a whole number ≥ 1, got ${threads}`)
  }
  const program: Program = { url, maxMemoryMb }
  const member = pool.join(threads)
  let closing: Promise<void> | undefined

  return {
    async fit(job, { signal, onProgress = () => {}, timeoutMs = TIMEOUT_MS } = {}) {
      if (closing) throw new Error('the trainer is closed')
      if (!(timeoutMs >= 1 && timeoutMs < 2 ** 31)) {
        throw new RangeError(`timeoutMs must be from 1 to ${2 ** 31 - 1}, got ${timeoutMs}`)
      }
      const { content, buffers } = pack(job)
      return member.fit(program, { job: content, buffers, timeoutMs, onProgress }, signal)
    },

    close() {
      closing ??= member.leave(new Error('the trainer is closed'))
      return closing
    },
  }
}
