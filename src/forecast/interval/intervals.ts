import { addScore, quantileOf, type SketchState, scoresOf, startSketches } from './sketch.ts'

/**
 * Intervals around forecasts, that hold a given share of the truths whatever the forecaster. Two kinds are mixed: one
 * plain, the same on both sides, from quantiles of |y − ŷ|; one scaled, from quantiles of |y − ŷ| over the side of the
 * net's own interval that y fell on, which is wide where the net is unsure.
 *
 * Both are read at the level of one controller per coverage and step: adaptive conformal inference, Gibbs & Candès 2021
 * (arXiv:2106.00170), where the level rises after a miss and falls after a hit, so that the long-run share of hits is
 * the coverage. Hits and misses are those of the mixture that was issued. The mixture's weights are exponentiated
 * gradients (Kivinen & Warmuth 1997) of its Winkler score.
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
export interface IntervalState extends SketchState {
  /** Miss rate aimed at now, [coverage][step]. */
  readonly alpha: Float32Array
  /** Logarithm of the weight of scaled intervals over that of plain ones, [coverage][step]. */
  readonly lean: Float32Array
  /** What a unit of loss is, [coverage][step]: running mean of the loss of the mixture. */
  readonly loss: Float32Array
  /** Quantiles that are issued now, [kind][coverage][step]; NaN before any score. */
  readonly reach: Float32Array
  /** Share of truths held of late, per coverage, and how many these were. */
  readonly held: Float64Array
  readonly met: Float64Array
}

/** Where each kind's sketches and quantiles lie. */
const PLAIN = 0
const SCALED = 1
const KINDS = 2

/** Step of the controller's level; feedback of step h comes h readings late, and without less there it winds up. */
const RATE = 0.005
const DELAY = 8
const LEAST_RATE = 0.1
/** Bounds of the miss rate: where no width known holds the truth, waiting for hits must not pile up. */
const LOWEST = -0.02
const HIGHEST = 1.02
/** Scores remembered, divided by 16: at step 1, and more for each step ahead, as forecasts of many steps err alike. */
const PERIOD = 32
const PERIOD_PER_STEP = 1
/** Scores before scaled intervals are mixed in. */
const ENOUGH = 16
/** Rate of the mixture's weights, at step 1. */
const LEARNING_RATE = 0.05
const MOST_LEAN = 4
/** Losses count for at most this many times the usual one. */
const OUTLIER = 20
/** Scores over which the usual loss forgets. */
const LOSS_MEMORY = 200
/** Readings over which the measured coverage forgets. */
const MEASURED = 480

export function startIntervals(horizon: number, coverages: readonly number[]): IntervalState {
  const each = coverages.length * horizon
  const alpha = new Float32Array(each)
  for (const [c, coverage] of coverages.entries()) alpha.fill(1 - coverage, c * horizon, (c + 1) * horizon)
  return {
    ...startSketches(KINDS * horizon),
    alpha,
    lean: new Float32Array(each),
    loss: new Float32Array(each),
    reach: new Float32Array(KINDS * each).fill(Number.NaN),
    held: new Float64Array(coverages.length),
    met: new Float64Array(coverages.length),
  }
}

export function createIntervals(coverages: readonly number[], state: IntervalState): Intervals {
  const { alpha, lean, loss, reach, held, met } = state
  const each = alpha.length
  const horizon = each / coverages.length
  const rising = coverages.map((_, c) => c).sort((a, b) => coverages[a] - coverages[b])
  // More scores above the sketch's window than this, and it could not tell the widest interval.
  const outside = (1 - Math.max(...coverages)) / 2
  const periodOf = (h: number): number => PERIOD + Math.round(PERIOD_PER_STEP * h)

  const issue: Intervals['issue'] = (below, above, down, up) => {
    for (const [place, c] of rising.entries()) {
      let plain = Number.NaN
      let scaled = Number.NaN
      for (let h = 0; h < horizon; h++) {
        const at = c * horizon + h
        // A step that has never matured borrows from the longest that has, widened as for a random walk.
        plain = Number.isNaN(reach[at]) ? plain * Math.sqrt((h + 1) / Math.max(h, 1)) : reach[at]
        if (!Number.isNaN(reach[each + at])) scaled = reach[each + at]
        let low = plain
        let high = plain
        if (below[h] > 0 && above[h] > 0 && !Number.isNaN(scaled)) {
          const share = 1 / (1 + Math.exp(-lean[at]))
          low += share * (scaled * below[h] - plain)
          high += share * (scaled * above[h] - plain)
        }
        const inner = place > 0 ? rising[place - 1] * horizon + h : at
        down[at] = place > 0 ? Math.max(low, down[inner]) : low
        up[at] = place > 0 ? Math.max(high, up[inner]) : high
      }
    }
  }

  const learn: Intervals['learn'] = (h, error, below, above, down, up) => {
    if (!Number.isFinite(error)) return
    const distance = Math.abs(error)
    const side = error < 0 ? below : above
    const speaks =
      below > 0 && above > 0 && below < Number.POSITIVE_INFINITY && above < Number.POSITIVE_INFINITY
    for (let c = 0; c < coverages.length; c++) {
      const reached = error < 0 ? down[c] : up[c]
      if (Number.isNaN(reached)) continue
      const missed = distance > reached ? 1 : 0
      met[c]++
      held[c] += (1 - missed - held[c]) / Math.min(met[c], MEASURED * horizon)
      const at = c * horizon + h
      if (speaks) weigh(at, 1 - coverages[c], distance, side, below, above)
      const rate = RATE * Math.max(LEAST_RATE, Math.min(1, DELAY / (h + 1)))
      alpha[at] = Math.min(Math.max(alpha[at] + rate * (1 - coverages[c] - missed), LOWEST), HIGHEST)
    }
    note(PLAIN, h, distance)
    if (speaks) note(SCALED, h, distance / side)
  }

  /** Moves the weights of both kinds along the gradient of the Winkler score that they would have had now. */
  const weigh = (
    at: number,
    miss: number,
    distance: number,
    side: number,
    below: number,
    above: number,
  ): void => {
    const plain = reach[at]
    const scaled = reach[each + at]
    if (Number.isNaN(plain) || Number.isNaN(scaled)) return
    const share = 1 / (1 + Math.exp(-lean[at]))
    const reached = plain + share * (scaled * side - plain)
    const wider = (scaled * (below + above)) / 2 - plain
    const outside = distance > reached ? distance - reached : 0
    const width = plain + share * wider
    const score = miss * width + outside
    const usual = loss[at] > 0 ? Math.min(score, OUTLIER * loss[at]) : score
    loss[at] += (usual - loss[at]) / (loss[at] > 0 ? LOSS_MEMORY : 1)
    if (!(loss[at] > 0)) return
    const slope = miss * wider - (outside > 0 ? scaled * side - plain : 0)
    const step = Math.min(Math.max(slope / loss[at], -OUTLIER), OUTLIER)
    lean[at] = Math.min(Math.max(lean[at] - LEARNING_RATE * step, -MOST_LEAN), MOST_LEAN)
  }

  /** Adds a score, and reads the quantiles anew. */
  const note = (kind: number, h: number, score: number): void => {
    const i = kind * horizon + h
    const period = periodOf(h)
    addScore(state, i, score, period, outside)
    if (kind === SCALED && scoresOf(state, i, period) < ENOUGH) return
    for (let c = 0; c < coverages.length; c++) {
      reach[kind * each + c * horizon + h] = quantileOf(state, i, 1 - alpha[c * horizon + h], period)
    }
  }

  return {
    issue,
    learn,
    get scored() {
      return !Number.isNaN(reach[0])
    },
    measured: (c) => (met[c] > 0 ? held[c] : null),
  }
}
