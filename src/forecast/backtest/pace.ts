import { setImmediate as turn } from 'node:timers/promises'

/** Milliseconds of work between two turns of the event loop. */
const SLICE = 8

/** Keeps long work from holding up the thread that it runs in. */
export interface Pace {
  /** To be awaited between small pieces of work. Lets others have a turn when it is time. @throws the signal's reason */
  rest(): Promise<void>
}

/** Starts counting. */
export function createPace(signal?: AbortSignal): Pace {
  let since = performance.now()
  return {
    async rest() {
      signal?.throwIfAborted()
      if (performance.now() - since < SLICE) return
      await turn()
      since = performance.now()
    },
  }
}
