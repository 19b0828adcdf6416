import { setImmediate } from 'node:timers/promises'

/** Milliseconds of work after which others have their turn. */
const SLICE_MS = 8

/**
 * For work too long for one turn of the event loop: what is returned is to be awaited after every few milliseconds of
 * it, and lets the loop turn when that is due.
 *
 * It rejects with the signal's reason once that is aborted.
 */
export function createTurns(signal?: AbortSignal): () => Promise<void> {
  let began = performance.now()
  return async () => {
    if (performance.now() - began >= SLICE_MS) {
      await setImmediate()
      began = performance.now()
    }
    signal?.throwIfAborted()
  }
}
