/**
 * How much of each interval is the scaled one, the rest being plain: weights by exponentiated gradients (Kivinen &
 * Warmuth 1997) of the Winkler score of the mixture. It is convex in the weights, so that the mixture can be better
 * than either kind.
 */
export interface LeanState {
  /** Logarithm of the weight of the scaled interval over that of the plain one, [coverage][step]. */
  readonly lean: Float32Array
  /** Running mean of the mixture's loss, which makes its gradients free of the unit, [coverage][step]. */
  readonly loss: Float32Array
}

const RATE = 0.05
/** The logarithm stays within ± this, for each kind to come back from. */
const MOST_LEAN = 8
/** Losses and gradients count for at most this many usual losses. */
const OUTLIER = 20
/** Readings over which the usual loss forgets. */
const MEMORY = 200

export function startLean(count: number): LeanState {
  return { lean: new Float32Array(count), loss: new Float32Array(count) }
}

/** Weight of the scaled interval, 0–1. */
export function scaledShare({ lean }: LeanState, at: number): number {
  return 1 / (1 + Math.exp(-lean[at]))
}

/**
 * Learns from one truth what its two intervals were worth.
 * @param miss share of truths that may lie outside
 * @param distance |y − ŷ|
 * @param plain half width of the plain interval
 * @param side how far the scaled interval reached on the truth's side
 * @param half half the width of the scaled interval
 */
export function learnLean(
  state: LeanState,
  at: number,
  miss: number,
  distance: number,
  plain: number,
  side: number,
  half: number,
): void {
  const { lean, loss } = state
  const share = scaledShare(state, at)
  const outside = Math.max(distance - plain - share * (side - plain), 0)
  // The Winkler score, times α / 2.
  const score = miss * (plain + share * (half - plain)) + outside
  if (loss[at] > 0) loss[at] += (Math.min(score, OUTLIER * loss[at]) - loss[at]) / MEMORY
  else loss[at] = score
  if (loss[at] === 0) return
  const slope = miss * (half - plain) - (outside > 0 ? side - plain : 0)
  const step = RATE * Math.min(Math.max(slope / loss[at], -OUTLIER), OUTLIER)
  lean[at] = Math.min(Math.max(lean[at] - step, -MOST_LEAN), MOST_LEAN)
}
