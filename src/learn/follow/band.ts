/** Whether a net is still as good as it was of late. */
export interface Band {
  /** Takes the newest error, as a share of that of the value at the origin; says whether errors are in their band. */
  take(share: number): boolean
  /** Begins anew, in a band that is not known yet. */
  forget(): void
}

/** Errors over which the present one, and the usual one, are means. */
const FAST = 10
const SLOW = 200
/** Errors before the band is known. */
const SETTLED = 50
/** One error counts for at most this: of a net that is out of its mind, how far does not matter. */
const MOST = 4
/** Width of the band in mean deviations of the present error from the usual one, which is at least `LEAST`. */
const WIDTH = 6
const LEAST = 0.05

/** Watches running means of errors: chance or a few wild readings move them little, weights that go astray far. */
export function createBand(): Band {
  let count = 0
  let fast = 0
  let slow = 0
  let deviation = 0

  return {
    take(share) {
      const error = Math.min(share, MOST)
      count++
      fast += (error - fast) / Math.min(count, FAST)
      if (count > SETTLED && fast > slow + WIDTH * Math.max(deviation, LEAST)) return false
      slow += (error - slow) / Math.min(count, SLOW)
      deviation += (Math.abs(fast - slow) - deviation) / Math.min(count, SLOW)
      return true
    },
    forget() {
      count = 0
      fast = 0
      slow = 0
      deviation = 0
    },
  }
}
