import type { Step } from './walk.ts'

/** What an interval of the net is widened by so that it holds its share, for each column and step ahead. */
export interface Calibration {
  /** Takes forecasts whose truths are known. */
  add(step: Step): void
  /** Factors [columns][horizon]. */
  factors(): Float64Array
}

/** Scores of a column and step from which their quantile says more than the net does. */
const ENOUGH = 30
/** Scores that are kept in all. */
const MOST = 2 ** 24
/** Share that the net's own interval aims at. */
const OWN = 0.9

/**
 * Split conformal prediction (Papadopoulos et al. 2002; Lei et al. 2018) for intervals with two sides.
 *
 * The score of a truth y is |y − ŷ| / the side that y is on. The factor of both sides is the ⌈(n + 1)·coverage⌉-th
 * smallest of n scores: one quantile of all of them, because what is different between the sides is already in the
 * net's two widths, and two quantiles further out of half as many scores each would be wider and noisier.
 *
 * With fewer than 30 scores the net's own width is used, which aims at 90 %; for another coverage it is scaled as the
 * quantiles of a Laplace distribution are, whose likelihood the net's loss for the mean stands for.
 * @param truths of each column, indexed as origins are; NaN where there is none
 */
export function createCalibration(
  truths: readonly Float64Array[],
  horizon: number,
  coverage: number,
  origins: number,
): Calibration {
  const width = truths.length * horizon
  const scores = new Float32Array(width * origins)
  const counts = new Int32Array(width)

  const factor = (at: number): number => {
    const n = counts[at]
    if (n < ENOUGH) return Math.log(1 - coverage) / Math.log(1 - OWN)
    const sorted = scores.subarray(at * origins, at * origins + n).sort()
    return sorted[Math.min(Math.ceil((n + 1) * coverage), n) - 1]
  }

  return {
    add({ origin, mean, below, above }) {
      for (let at = 0; at < width; at++) {
        const c = Math.floor(at / horizon)
        const error = truths[c][origin + 1 + at - c * horizon] - mean[at]
        if (Number.isNaN(error)) continue
        scores[at * origins + counts[at]++] = error < 0 ? -error / below[at] : error / above[at]
      }
    },
    factors: () => Float64Array.from({ length: width }, (_, at) => factor(at)),
  }
}

/** Origins that a calibration may take, at least {@link ENOUGH}. */
export function mostOrigins(columns: number, horizon: number): number {
  return Math.max(ENOUGH, Math.floor(MOST / (columns * horizon)))
}
