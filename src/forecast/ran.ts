import type { ForecastModel } from './types.ts'

/** What runs the GRU, and why. */
export type Ran = Pick<ForecastModel, 'device' | 'deviceReason'>

/** A version of the weights, and what runs it. */
export interface Version extends Ran {
  /** Settles once it is known whether a GPU will run it; absent where that is never asked. */
  readonly ready: Promise<void> | undefined
  readonly load: ForecastModel['load']
}

/** What is said to run a model through its refits: new weights begin in WASM, even where a GPU soon has them again. */
export interface Said {
  readonly now: Ran
  /** From now on this version is run. */
  adopt(version: Version): void
  close(): void
}

/** Before the first fit. */
export const UNFITTED: Ran = { device: 'none', deviceReason: 'the GRU has not been fitted yet' }
/** Time that a version has, once it is ready, to come back to what ran the one before it. */
const PATIENCE_MS = 10_000

/** @param changed hears when the word of a new version holds */
export function createSaid(changed: () => void, patience: number = PATIENCE_MS): Said {
  let version: Version | undefined
  /** What ran the version before, while that is said of this one too. */
  let before: Ran | undefined
  let readyAt = Number.POSITIVE_INFINITY
  let timer: NodeJS.Timeout | undefined

  const now = (): Ran => before ?? version ?? UNFITTED

  /** A version that has not stepped yet cannot say how many readings come together. */
  const check = (): void => {
    if (!version || !before || version.load.batch === 0) return
    const rested = performance.now() - readyAt
    if (!(rested >= patience || (rested >= 0 && version.device === before.device))) return
    before = undefined
    clearInterval(timer)
    changed()
  }

  return {
    get now() {
      return now()
    },
    adopt(next) {
      const { device, deviceReason } = now()
      before = version && next.ready ? { device, deviceReason } : undefined
      version = next
      readyAt = Number.POSITIVE_INFINITY
      clearInterval(timer)
      if (!next.ready) return
      if (before) timer = setInterval(check, patience).unref()
      void next.ready.then(() => {
        if (version !== next) return
        readyAt = performance.now()
        check()
      })
    },
    close() {
      clearInterval(timer)
    },
  }
}
