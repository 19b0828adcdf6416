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
/** One error counts for at most three of the usual ones and that of naive: some are of wild readings. */
const USUAL = 3
/** Width of the band in what the present error is above the usual one on the average; at most the usual error. */
const WIDTH = 12
/** Width of any band at least. */
const LEAST = 0.36

/** Watches running means of errors: chance or a few wild readings move them little, weights that go astray far. */
export function createBand(): Band {
  let count = 0
  let fast = 0
  let slow = 0
  let excess = 0

  return {
    take(share) {
      const error = count > SETTLED ? Math.min(share, USUAL * slow + 1) : share
      count++
      fast += (error - fast) / Math.min(count, FAST)
      const width = Math.max(Math.min(WIDTH * excess, slow), LEAST)
      if (count > SETTLED && fast > slow + width) return false
      slow += (error - slow) / Math.min(count, SLOW)
      excess += (Math.max(fast - slow, 0) - excess) / Math.min(count, SLOW)
      return true
    },
    forget() {
      count = 0
      fast = 0
      slow = 0
      excess = 0
    },
  }
}
