/** State of the running scale of one stream. */
export interface ScaleState {
  /** Mean of |x_t − x_{t−lag}|. */
  mean: number
  /** Changes seen. */
  count: number
}

/** Changes after which the mean forgets as fast as it learns (an exponential window of this many readings). */
const WINDOW = 720
/** One change counts for at most this many times the scale so far. */
const OUTLIER = 8
/** Changes before outliers are cut. */
const SETTLED = 16

/** A scale that has seen nothing. */
export function startScale(): ScaleState {
  return { mean: 0, count: 0 }
}

/** Takes the change over `lag` steps into the running mean; a wild one only in part. */
export function learnScale(scale: ScaleState, change: number): void {
  const size = Math.abs(change)
  const settled = scale.count >= SETTLED && scale.mean > 0
  const taken = settled ? Math.min(size, OUTLIER * scale.mean) : size
  scale.count++
  scale.mean += (taken - scale.mean) / Math.min(scale.count, WINDOW)
}

/** Unit in which the net sees changes of this stream: never 0, so that a constant sensor is no division by zero. */
export function scaleOf(scale: ScaleState, level: number): number {
  return Math.max(scale.mean, Math.abs(level) * 1e-9, Number.MIN_VALUE * 2 ** 60)
}
