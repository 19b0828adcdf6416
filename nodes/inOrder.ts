/** Handles jobs one after the other, in the same turn while none of them takes time. */
export interface InOrder<J> {
  /** Takes a job, or says which limit refuses it. */
  push(job: J): 'jobs' | 'bytes' | undefined
  /** Settles when nothing is under way any more. */
  idle(): Promise<void>
}

/** What may wait for a job that takes time. */
export interface InOrderLimits<J> {
  readonly jobs: number
  /** Of all that wait together. */
  readonly bytes: number
  readonly bytesOf: (job: J) => number
}

/** @param handle must not throw or reject */
export function createInOrder<J>(
  handle: (job: J) => void | Promise<void>,
  { jobs, bytes, bytesOf }: InOrderLimits<J>,
): InOrder<J> {
  const waiting: J[] = []
  let held = 0
  let busy: Promise<void> | undefined

  async function finish(first: Promise<void>): Promise<void> {
    await first
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      held -= bytesOf(next)
      await handle(next)
    }
    busy = undefined
  }

  return {
    push(job) {
      if (!busy) {
        const taking = handle(job)
        if (taking) busy = finish(taking)
        return undefined
      }
      if (waiting.length >= jobs) return 'jobs'
      if (held + bytesOf(job) > bytes) return 'bytes'
      held += bytesOf(job)
      waiting.push(job)
      return undefined
    },
    async idle() {
      await busy
    },
  }
}
