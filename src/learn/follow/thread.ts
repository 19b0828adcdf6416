import { Worker } from 'node:worker_threads'
import type { FollowReply, FollowRequest } from './protocol.ts'
import type { Learned } from './types.ts'

/** A thread that several followers live in. It keeps the process alive only while it is to answer. */
export interface FollowThread {
  /** Whether it is not on its way down; if it is, its followers are lost. */
  readonly alive: boolean
  join(follower: number): void
  /** Settles when the thread is gone, if it was the last follower; what it was asked for is rejected with `reason`. */
  leave(follower: number, reason: Error): Promise<void>
  send(request: FollowRequest, buffers: ArrayBuffer[]): void
  learn(follower: number, updates: number): Promise<Learned>
}

interface Asked {
  readonly follower: number
  readonly resolve: (learned: Learned) => void
  readonly reject: (error: Error) => void
}

/** Most memory for its objects in MiB; typed arrays and the memory of WebAssembly come on top. */
const MAX_MEMORY_MB = 256
/** Time for an answer, for all that were asked for before it too. */
const TIMEOUT_MS = 120_000

/** Starts a thread that runs the module at `url`. @throws Error when none can be started */
export function startFollowThread(url: URL): FollowThread {
  const followers = new Set<number>()
  const asked = new Map<number, Asked>()
  /** Why the thread is going down. */
  let downfall: Error | null = null
  let timer: NodeJS.Timeout | undefined
  let ids = 0

  const worker = new Worker(url, {
    name: 'gruflow-follower',
    // The program's own flags are not for workers: with `node --input-type=module` none would start.
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: MAX_MEMORY_MB },
  })
  worker.unref()
  worker.on('message', (reply: FollowReply) => {
    const { resolve, reject } = asked.get(reply.id) ?? {}
    asked.delete(reply.id)
    waitOn()
    if (reply.type === 'learned') resolve?.(reply.learned)
    else reject?.(Object.assign(new Error(), reply.error))
  })
  worker.on('error', (error: unknown) => {
    const message = error instanceof Error ? error.message : String(error)
    fail(new Error(`the learning worker failed: ${message}`, { cause: error }))
  })
  worker.on('exit', (code) => fail(new Error(`the learning worker exited with code ${code}`)))

  /** Waits for the next answer, or for nothing. */
  function waitOn(): void {
    clearTimeout(timer)
    if (asked.size === 0) {
      worker.unref()
      return
    }
    worker.ref()
    timer = setTimeout(
      () => void end(new Error(`the follower gave no answer in ${TIMEOUT_MS} ms`)),
      TIMEOUT_MS,
    )
  }

  function fail(reason: Error): void {
    downfall ??= reason
    const lost = [...asked.values()]
    asked.clear()
    waitOn()
    for (const { reject } of lost) reject(downfall)
  }

  async function end(reason: Error): Promise<void> {
    downfall ??= reason
    // Whoever waits for its end needs the process to stay.
    worker.ref()
    await worker.terminate()
  }

  return {
    get alive() {
      return !downfall
    },
    join: (follower) => void followers.add(follower),
    async leave(follower, reason) {
      followers.delete(follower)
      for (const [id, one] of asked) {
        if (one.follower !== follower) continue
        asked.delete(id)
        one.reject(reason)
      }
      if (downfall) return
      waitOn()
      if (followers.size === 0) await end(new Error('the learning worker has no followers'))
      else worker.postMessage({ type: 'close', follower } satisfies FollowRequest)
    },
    send(request, buffers) {
      if (!downfall) worker.postMessage(request, buffers)
    },
    learn(follower, updates) {
      return new Promise((resolve, reject) => {
        if (downfall) {
          reject(downfall)
          return
        }
        const id = ++ids
        asked.set(id, { follower, resolve, reject })
        worker.postMessage({ type: 'learn', follower, id, updates } satisfies FollowRequest)
        waitOn()
      })
    },
  }
}
