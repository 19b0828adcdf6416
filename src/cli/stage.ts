/** What has been started and will have to end. */
export interface Stage {
  /** Settles at SIGINT, SIGTERM or SIGHUP. */
  readonly stopped: Promise<void>
  /** Adds something to end, before all that was added earlier. */
  later(end: () => unknown): void
  /** Ends everything, as `endAll` does. */
  clear(): Promise<void>
}

export function createStage(): Stage {
  const ends: (() => unknown)[] = []
  const stopped = new Promise<void>((resolve) => {
    // For good: terminals and npm may send the same signal twice, and the second must not cut the end short.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve())
  })
  return {
    stopped,
    later: (end) => ends.unshift(end),
    clear: () => endAll(ends.splice(0)),
  }
}

/** Ends one after the other; one that fails does not keep the rest from ending. @throws the first error, at last */
export async function endAll(ends: readonly (() => unknown)[]): Promise<void> {
  const errors: unknown[] = []
  for (const end of ends) {
    try {
      await end()
    } catch (error) {
      errors.push(error)
    }
  }
  if (errors.length > 0) throw errors[0]
}
