/** What has been started and will have to end. */
export interface Stage {
  /** Settles at SIGINT or SIGTERM. */
  readonly stopped: Promise<void>
  /** Adds something to end, before all that was added earlier. */
  later(end: () => unknown): void
  /** Ends everything, one after the other. */
  clear(): Promise<void>
}

export function createStage(): Stage {
  const ends: (() => unknown)[] = []
  const stopped = new Promise<void>((resolve) => {
    // For good: terminals and npm may send the same signal twice, and the second must not cut the end short.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve())
  })
  return {
    stopped,
    later: (end) => ends.unshift(end),
    async clear() {
      for (const end of ends.splice(0)) await end()
    },
  }
}
