/** Newest scores kept per horizon step. */
const WINDOW = 256

/**
 * Adaptive conformal intervals, one controller per horizon step: Gibbs & Candès 2021 (arXiv:2106.00170), with the
 * step size reduced for long horizons, whose feedback comes late.
 *
 * The score is |y − ŷ|; the half width is an order statistic of the newest scores, at a level that rises after a
 * miss and falls after a hit, so that the long-run share of hits is the target coverage.
 */
export interface Intervals {
  /** Half width of the interval at step `h` (0-based); NaN before any score at any step. */
  halfWidth(h: number): number
  /** Learns from a matured forecast of step `h`: its absolute error, and the half width that was issued with it. */
  learn(h: number, error: number, issued: number): void
  /** The arrays themselves, for saving and restoring. */
  readonly state: IntervalState
}

export interface IntervalState {
  /** Miss rate aimed at now, per step. */
  readonly alpha: Float64Array
  /** Scores seen so far, per step. */
  readonly count: Float64Array
  /** Newest scores per step: as a ring in order of arrival, and sorted. */
  readonly ring: Float32Array
  readonly sorted: Float32Array
}

export function startIntervals(horizon: number, coverage: number): IntervalState {
  return {
    alpha: new Float64Array(horizon).fill(1 - coverage),
    count: new Float64Array(horizon),
    ring: new Float32Array(horizon * WINDOW),
    sorted: new Float32Array(horizon * WINDOW),
  }
}

export function createIntervals(coverage: number, state: IntervalState): Intervals {
  const { alpha, count, ring, sorted } = state

  const stepWidth = (h: number): number => {
    const n = Math.min(count[h], WINDOW)
    const rank = Math.ceil((n + 1) * (1 - alpha[h]))
    return sorted[h * WINDOW + Math.min(Math.max(rank, 1), n) - 1]
  }

  const halfWidth = (h: number): number => {
    if (count[h] > 0) return stepWidth(h)
    // A step that has never matured borrows from the longest that has, widened as for a random walk.
    let known = h
    while (known >= 0 && count[known] === 0) known--
    return known < 0 ? Number.NaN : stepWidth(known) * Math.sqrt((h + 1) / (known + 1))
  }

  const learn = (h: number, error: number, issued: number): void => {
    if (Number.isFinite(issued)) {
      // Feedback of step h comes h readings late; without the factor the controller winds up.
      const rate = 0.005 * Math.max(0.1, Math.min(1, 8 / (h + 1)))
      const moved = alpha[h] + rate * (1 - coverage - (error > issued ? 1 : 0))
      // The widest interval is the largest score known: beyond that, waiting for hits must not pile up.
      alpha[h] = Math.min(Math.max(moved, -0.1), 1.1)
    }
    insert(h, error)
  }

  const insert = (h: number, error: number): void => {
    const from = h * WINDOW
    // Never rounded down: a width must hold the very error that it comes from, and its twins of rounding.
    const score = Math.fround(error * (1 + 2 ** -22))
    const slot = from + (count[h] % WINDOW)
    let n = Math.min(count[h], WINDOW)
    if (n === WINDOW) {
      const gone = from + lowerBound(sorted, from, from + n, ring[slot])
      sorted.copyWithin(gone, gone + 1, from + n)
      n--
    }
    const place = from + lowerBound(sorted, from, from + n, score)
    sorted.copyWithin(place + 1, place, from + n)
    sorted[place] = score
    ring[slot] = score
    count[h]++
  }

  return { halfWidth, learn, state }
}

/** Offset from `from` of the first element of sorted[from, to) that is not below `value`. */
function lowerBound(sorted: Float32Array, from: number, to: number, value: number): number {
  let low = from
  let high = to
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle] < value) low = middle + 1
    else high = middle
  }
  return low - from
}

/** Brings `sorted` in line with the scores in `ring`, after these were restored. */
export function sortScores({ count, ring, sorted }: IntervalState): void {
  for (let h = 0; h < count.length; h++) {
    const from = h * WINDOW
    const to = from + Math.min(count[h], WINDOW)
    sorted.set(ring.subarray(from, to).slice().sort(), from)
  }
}
