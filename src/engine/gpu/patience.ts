/** For so long what is asked waits for a GPU, which others' work may hold up. Then WASM answers. */
const PATIENCE_MS = 4000
/** Of that, what had to wait for an earlier request has so much left at least. */
const LEAST_MS = 1000

/** How long those wait who are answered with the next request; they joined a queue one after the other. */
export interface Patience {
  /** Milliseconds for the next request. */
  readonly left: number
  /** The first has joined, or those before have got their request. */
  renew(): void
}

export function createPatience(): Patience {
  let since = performance.now()
  return {
    get left() {
      return Math.max(LEAST_MS, PATIENCE_MS - (performance.now() - since))
    },
    renew() {
      since = performance.now()
    },
  }
}
