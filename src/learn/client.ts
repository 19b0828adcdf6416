import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { FitRequest, Reply } from './protocol.ts'
import type { FitJob, FitProgress, FitResult } from './segment/types.ts'

export interface FitOptions {
  /** Ends the fit, or takes it out of the queue; the promise is rejected with the signal's reason at once. */
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: FitProgress) => void
  /** Milliseconds from the fit's start after which its worker is terminated. @default 120000 */
  readonly timeoutMs?: number
}

/** Fits models in a worker thread, so that the caller's thread never trains. */
export interface Trainer {
  /**
   * Queues one fit; fits run one after another. The job is copied at the call: its arrays stay the caller's.
   *
   * Rejected when the fit throws, its worker dies, runs out of memory or out of time, the signal aborts, or the
   * trainer is closed. The next fit then gets a fresh worker where it needs one.
   */
  fit(job: FitJob, options?: FitOptions): Promise<FitResult>
  /** Ends the worker and rejects what is queued or running. Idempotent. */
  close(): Promise<void>
}

export interface TrainerOptions {
  /** Module that answers {@link FitRequest}s. @default the package's own worker */
  readonly url?: URL
  /** Most memory for the worker's objects in MiB; typed arrays come on top. @default 512 */
  readonly maxMemoryMb?: number
}

/** One queued or running fit. */
interface Task {
  readonly request: FitRequest
  readonly options: FitOptions
  readonly resolve: (result: FitResult) => void
  readonly reject: (error: unknown) => void
}

const TIMEOUT_MS = 120_000
const OWN_WORKER = new URL(`./worker${extname(import.meta.url)}`, import.meta.url)

/**
 * Makes a trainer. Its worker thread starts with the first fit, serves all later ones, and does not keep the process
 * alive while it has nothing to do.
 */
export function createTrainer(options: TrainerOptions = {}): Trainer {
  const { url = OWN_WORKER, maxMemoryMb = 512 } = options
  const queue: Task[] = []
  let worker: Worker | null = null
  let running: Task | null = null
  let timer: NodeJS.Timeout | undefined
  /** Why the worker is going down, until it has exited. */
  let downfall: Error | null = null
  let closed = false
  let ids = 0

  function start(): Worker {
    const started = new Worker(url, {
      name: 'gruflow-trainer',
      // The program's own flags are not for workers: with `node --input-type=module` none would start.
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: maxMemoryMb },
    })
    started.on('message', receive)
    started.on('error', (error: unknown) => {
      const message = error instanceof Error ? error.message : String(error)
      downfall ??= new Error(`the training worker failed: ${message}`, { cause: error })
    })
    started.on('exit', (code) => {
      const error = downfall ?? new Error(`the training worker exited with code ${code}`)
      worker = null
      downfall = null
      finish((task) => task.reject(error))
    })
    return started
  }

  function next(): void {
    // A worker on its way down takes no more work; its exit calls back here.
    if (running || downfall || closed) return
    const task = queue.shift()
    if (!task) return
    running = task
    try {
      worker ??= start()
      worker.postMessage(task.request)
    } catch (error) {
      finish((failed) => failed.reject(error))
      return
    }
    worker.ref()
    const { timeoutMs = TIMEOUT_MS } = task.options
    timer = setTimeout(() => {
      downfall ??= new Error(`the fit was ended after ${timeoutMs} ms`)
      void worker?.terminate()
    }, timeoutMs)
  }

  function receive(reply: Reply): void {
    if (reply.id !== running?.request.id) return
    if (reply.type === 'progress') {
      if (!running.options.signal?.aborted) running.options.onProgress?.(reply.progress)
    } else if (reply.type === 'done') finish((task) => task.resolve(reply.result))
    else finish((task) => task.reject(Object.assign(new Error(), reply.error)))
  }

  function finish(settle: (task: Task) => void): void {
    clearTimeout(timer)
    worker?.unref()
    const task = running
    running = null
    if (task) settle(task)
    next()
  }

  /** Rejects at once; a running fit ends when it next asks whether it was cancelled, and only then the next begins. */
  function abort(task: Task, reason: unknown): void {
    Atomics.store(task.request.cancel, 0, 1)
    const at = queue.indexOf(task)
    if (at >= 0) queue.splice(at, 1)
    task.reject(reason)
  }

  return {
    async fit(job, options = {}) {
      const { signal, timeoutMs = TIMEOUT_MS } = options
      if (closed) throw new Error('the trainer is closed')
      if (!(timeoutMs >= 1 && timeoutMs < 2 ** 31)) {
        throw new RangeError(`timeoutMs must be from 1 to ${2 ** 31 - 1}, got ${timeoutMs}`)
      }
      signal?.throwIfAborted()
      const cancel = new Int32Array(new SharedArrayBuffer(4))
      const request: FitRequest = { type: 'fit', id: ++ids, job: copy(job), cancel }
      let task: Task
      const onAbort = (): void => abort(task, signal?.reason)
      signal?.addEventListener('abort', onAbort)
      try {
        return await new Promise<FitResult>((resolve, reject) => {
          task = { request, options, resolve, reject }
          queue.push(task)
          next()
        })
      } finally {
        signal?.removeEventListener('abort', onAbort)
      }
    },

    async close() {
      closed = true
      const error = new Error('the trainer is closed')
      for (const task of queue.splice(0)) task.reject(error)
      downfall ??= error
      await worker?.terminate()
    },
  }
}

/** Arrays are cut to what they show: cloning a part of a buffer would send all of it. */
function copy(job: FitJob): FitJob {
  return {
    ...job,
    weights: job.weights?.slice() ?? null,
    series: job.series.map((s) => ({ ...s, values: s.values.slice(), observed: s.observed.slice() })),
  }
}
