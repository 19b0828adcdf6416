import { Worker } from 'node:worker_threads'
import type { FitRequest, Reply } from './protocol.ts'
import type { FitJob, FitProgress, FitResult } from './segment/types.ts'

/** What a thread runs, and how much it may take. */
export interface Program {
  /** Module that answers {@link FitRequest}s. */
  readonly url: URL
  /** Most memory for the worker's objects in MiB; typed arrays and the memory of WebAssembly come on top. */
  readonly maxMemoryMb: number
}

/** How long a thread waits before it is ended, in milliseconds. */
export interface Patience {
  /** For the next fit. */
  readonly idleMs: number
  /** For a cancelled fit to end by itself. */
  readonly cancelMs: number
}

/** One fit, as a thread carries it out. */
export interface Work {
  readonly job: FitJob
  /** Buffers of the job that are given to the thread. */
  readonly buffers: ArrayBuffer[]
  readonly timeoutMs: number
  readonly onProgress: (progress: FitProgress) => void
}

/** A worker thread that carries out one fit at a time. It keeps the process alive only while it does. */
export interface Thread {
  readonly program: Program
  /** Whether it is not on its way down. */
  readonly alive: boolean
  /** Carries out a fit, one at a time. Rejected when the fit fails, or once the thread is gone. */
  run(work: Work): Promise<FitResult>
  /** Asks the fit to end; ends the thread if the fit does not. */
  cancel(): void
  /** Ends the thread, and with it the fit, which is rejected with `reason`; settles when it is gone. */
  end(reason: Error): Promise<void>
}

interface Running {
  readonly request: FitRequest
  readonly onProgress: Work['onProgress']
  readonly resolve: (result: FitResult) => void
  readonly reject: (error: unknown) => void
}

/** Starts a thread; `onExit` is called once it is gone. @throws Error when none can be started */
export function startThread(program: Program, { idleMs, cancelMs }: Patience, onExit: () => void): Thread {
  let running: Running | null = null
  /** Why the thread is going down. */
  let downfall: Error | null = null
  let timer: NodeJS.Timeout | undefined
  let ids = 0

  const worker = new Worker(program.url, {
    name: 'gruflow-trainer',
    // The program's own flags are not for workers: with `node --input-type=module` none would start.
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: program.maxMemoryMb },
  })
  worker.unref()
  worker.on('message', receive)
  worker.on('error', (error: unknown) => {
    const message = error instanceof Error ? error.message : String(error)
    downfall ??= new Error(`the training worker failed: ${message}`, { cause: error })
  })
  worker.on('exit', (code) => {
    clearTimeout(timer)
    downfall ??= new Error(`the training worker exited with code ${code}`)
    onExit()
    running?.reject(downfall)
  })

  function receive(reply: Reply): void {
    if (!running || reply.id !== running.request.id) return
    if (reply.type === 'progress') {
      running.onProgress(reply.progress)
      return
    }
    const { resolve, reject } = running
    running = null
    clearTimeout(timer)
    timer = setTimeout(() => void end(new Error('the training worker had nothing to do')), idleMs).unref()
    // While it is being ended, whoever waits for that needs the process to stay.
    if (!downfall) worker.unref()
    if (reply.type === 'done') resolve(reply.result)
    else reject(Object.assign(new Error(), reply.error))
  }

  async function end(reason: Error): Promise<void> {
    downfall ??= reason
    await worker.terminate()
  }

  function endAfter(milliseconds: number, reason: string): void {
    clearTimeout(timer)
    timer = setTimeout(() => void end(new Error(reason)), milliseconds)
  }

  return {
    program,
    get alive() {
      return !downfall
    },
    run({ job, buffers, timeoutMs, onProgress }) {
      const cancel = new Int32Array(new SharedArrayBuffer(4))
      const request: FitRequest = { type: 'fit', id: ++ids, job, cancel }
      worker.postMessage(request, buffers)
      worker.ref()
      endAfter(timeoutMs, `the fit was ended after ${timeoutMs} ms`)
      return new Promise((resolve, reject) => {
        running = { request, onProgress, resolve, reject }
      })
    },
    cancel() {
      if (!running || downfall) return
      Atomics.store(running.request.cancel, 0, 1)
      endAfter(cancelMs, `the fit did not end within ${cancelMs} ms of being cancelled`)
    },
    end,
  }
}
