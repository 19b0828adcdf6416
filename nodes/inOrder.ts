/** Handles jobs one after the other, in the same turn while none of them takes time. */
export interface InOrder<J> {
  /** Whether the job was taken; when too many wait already it is not. */
  push(job: J): boolean
  /** Settles when nothing is under way any more. */
  idle(): Promise<void>
}

/**
 * @param handle must not throw or reject
 * @param max jobs that may wait for one that takes time
 */
export function createInOrder<J>(handle: (job: J) => void | Promise<void>, max: number): InOrder<J> {
  const waiting: J[] = []
  let busy: Promise<void> | undefined

  async function finish(first: Promise<void>): Promise<void> {
    await first
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await handle(next)
    busy = undefined
  }

  return {
    push(job) {
      if (busy) return waiting.length < max && waiting.push(job) > 0
      const taking = handle(job)
      if (taking) busy = finish(taking)
      return true
    },
    async idle() {
      await busy
    },
  }
}
