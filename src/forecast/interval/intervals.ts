import { type LeanState, learnLean, scaledShare, startLean } from './lean.ts'
import { addScore, quantileOf, type SketchState, scoresOf, startSketches } from './sketch.ts'
import { learnStir, type StirState, startStir, stirOf } from './stir.ts'

/**
 * Intervals around forecasts, that hold a given share of the truths whatever the forecaster. Two kinds are mixed: one
 * plain, the same on both sides, from quantiles of |y − ŷ|; one scaled, from quantiles of |y − ŷ| over the side of the
 * net's own interval that y fell on, which is wide where the net is unsure.
 *
 * Both are read at the level of one controller per coverage and step: adaptive conformal inference, Gibbs & Candès 2021
 * (arXiv:2106.00170), where the level rises after a miss and falls after a hit, so that the long-run share of hits is
 * the coverage. Hits and misses are those of the mixture that was issued.
 */
export interface Intervals {
  /**
   * Writes how far the intervals of the forecast being issued reach down and up from ŷ, [coverages][horizon]; NaN
   * before any forecast has met its truth. An interval of more coverage holds those of less.
   * @param below,above sides of the net's own interval of 90 %, per step; NaN where no net speaks
   */
  issue(below: Float32Array, above: Float32Array, down: Float32Array, up: Float32Array): void
  /**
   * A forecast of step `h` (0-based) has met its truth.
   * @param error y − ŷ; nothing is learned from one that is not finite
   * @param below,above sides of the net's interval as issued then; NaN: none was
   * @param down,up what was issued then, per coverage; NaN: nothing was
   */
  learn(
    h: number,
    error: number,
    below: number,
    above: number,
    down: ArrayLike<number>,
    up: ArrayLike<number>,
  ): void
  /** Whether every step has a width: some forecast has met its truth. */
  readonly scored: boolean
  /** Share of truths held of late, over all steps, by the intervals of coverage `c`; null before any. */
  measured(c: number): number | null
}

/** All that intervals have learned of one stream. */
export interface IntervalState extends SketchState, LeanState, StirState {
  /** Miss rate aimed at now, [coverage][step]. */
  readonly alpha: Float32Array
  /** Quantiles that are issued now, [kind][coverage][step]; NaN before any score. */
  readonly reach: Float32Array
  /** Share of truths held of late, per coverage, and how many there were. */
  readonly held: Float64Array
  readonly met: Float64Array
}

/** Where the sketches and quantiles of each kind lie. */
const PLAIN = 0
const SCALED = 1
const KINDS = 2

/** Step of the controller's level; feedback of step h comes h readings late, and without less there it winds up. */
const RATE = 0.0075
const DELAY = 8
const LEAST_RATE = 0.067
/** Bounds of the miss rate: where no width known holds the truth, waiting for hits must not pile up. */
const LOWEST = -0.02
const HIGHEST = 1.02
/** A sixteenth is forgotten after so many scores of a step; what is remembered longer holds the coverage less well. */
const PERIOD = 16
/** So many steps have a sketch each; of those further ahead, which err alike, several share one. */
const ALONE = 8
const SHARING = 4
/** Scores before scaled intervals are mixed in. */
const ENOUGH = 16
/** Farther than this no interval reaches. */
const FARTHEST = 2 ** 120
/** Readings over which the measured coverage forgets. */
const MEASURED = 480

/** The sketch of step `h` among those of its kind. */
const sketchOf = (h: number): number => (h < ALONE ? h : ALONE + Math.floor((h - ALONE) / SHARING))

/** @param coverages shares of the truths that intervals are to hold, each above 0 and below 1, in any order */
export function startIntervals(horizon: number, coverages: readonly number[]): IntervalState {
  const each = coverages.length * horizon
  const alpha = new Float32Array(each)
  for (const [c, coverage] of coverages.entries()) alpha.fill(1 - coverage, c * horizon, (c + 1) * horizon)
  return {
    ...startSketches(KINDS * (sketchOf(horizon - 1) + 1)),
    ...startLean(each),
    ...startStir(),
    alpha,
    reach: new Float32Array(KINDS * each).fill(Number.NaN),
    held: new Float64Array(coverages.length),
    met: new Float64Array(coverages.length),
  }
}

/** @param state that of {@link startIntervals} for the same coverages, or a copy of one */
export function createIntervals(coverages: readonly number[], state: IntervalState): Intervals {
  const { alpha, reach, held, met } = state
  const each = alpha.length
  const horizon = each / coverages.length
  const sketches = sketchOf(horizon - 1) + 1
  const rising = coverages.map((_, c) => c).sort((a, b) => coverages[a] - coverages[b])
  // With more scores than this above its window, a sketch could not tell the widest interval.
  const outside = (1 - Math.max(...coverages)) / 2

  const firstKnown = (c: number): number =>
    reach.subarray(c * horizon, (c + 1) * horizon).findIndex((width) => !Number.isNaN(width))

  /** Width of step 1 where readings lie further apart: that of the shortest step that has matured, as for a random walk. */
  const borrowed = (c: number): number => {
    const h = firstKnown(c)
    return h < 0 ? Number.NaN : reach[c * horizon + h] / Math.sqrt(h + 1)
  }

  const issueOne = (
    c: number,
    inner: number,
    below: Float32Array,
    above: Float32Array,
    down: Float32Array,
    up: Float32Array,
  ): void => {
    let plain = Number.NaN
    let scaled = Number.NaN
    for (let h = 0; h < horizon; h++) {
      const at = c * horizon + h
      // A step that has never matured borrows from the longest that has, widened as for a random walk.
      if (!Number.isNaN(reach[at])) plain = h === 0 ? reach[at] * stirOf(state) : reach[at]
      else if (h === 0) plain = borrowed(c)
      else plain *= Math.sqrt((h + 1) / h)
      if (!Number.isNaN(reach[each + at])) scaled = reach[each + at]
      let low = plain
      let high = plain
      if (speaks(below[h], above[h]) && !Number.isNaN(scaled)) {
        const share = scaledShare(state, at)
        low += share * (scaled * below[h] - plain)
        high += share * (scaled * above[h] - plain)
      }
      down[at] = Math.min(inner < 0 ? low : Math.max(low, down[inner * horizon + h]), FARTHEST)
      up[at] = Math.min(inner < 0 ? high : Math.max(high, up[inner * horizon + h]), FARTHEST)
    }
  }

  const learn: Intervals['learn'] = (h, error, below, above, down, up) => {
    if (!Number.isFinite(error)) return
    const distance = Math.min(Math.abs(error), FARTHEST)
    const side = error < 0 ? below : above
    const net = speaks(below, above)
    const stir = h === 0 ? stirOf(state) : 1
    for (let c = 0; c < coverages.length; c++) {
      const reached = error < 0 ? down[c] : up[c]
      if (Number.isNaN(reached)) continue
      const at = c * horizon + h
      const missed = distance > reached ? 1 : 0
      met[c]++
      held[c] += (1 - missed - held[c]) / Math.min(met[c], MEASURED * horizon)
      const scaled = reach[each + at]
      if (net && !Number.isNaN(scaled)) {
        const reaching = Math.min(scaled * side, FARTHEST)
        const half = Math.min((scaled * (below + above)) / 2, FARTHEST)
        learnLean(state, at, 1 - coverages[c], distance, reach[at] * stir, reaching, half)
      }
      const rate = RATE * Math.max(LEAST_RATE, Math.min(1, DELAY / (h + 1)))
      alpha[at] = Math.min(Math.max(alpha[at] + rate * (1 - coverages[c] - missed), LOWEST), HIGHEST)
    }
    note(PLAIN, h, distance / stir)
    if (net) note(SCALED, h, distance / side)
    if (h === 0) learnStir(state, distance)
  }

  /** Adds a score, and reads the quantiles anew. */
  const note = (kind: number, h: number, score: number): void => {
    const i = kind * sketches + sketchOf(h)
    const period = h < ALONE ? PERIOD : PERIOD * SHARING
    addScore(state, i, score, period, outside)
    if (kind === SCALED && scoresOf(state, i, period) < ENOUGH) return
    for (let c = 0; c < coverages.length; c++) {
      const at = c * horizon + h
      reach[kind * each + at] = quantileOf(state, i, 1 - alpha[at], period)
    }
  }

  return {
    issue(below, above, down, up) {
      let inner = -1
      for (const c of rising) {
        issueOne(c, inner, below, above, down, up)
        inner = c
      }
    },
    learn,
    get scored() {
      return firstKnown(0) >= 0
    },
    measured: (c) => (met[c] > 0 ? held[c] : null),
  }
}

/** Whether a net has sides here that errors can be measured by. */
function speaks(below: number, above: number): boolean {
  return below > 0 && above > 0 && Number.isFinite(below) && Number.isFinite(above)
}
