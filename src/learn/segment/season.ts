/** Repetitions of a season that must have been seen. */
const REPEATS = 2
/** Autocorrelation that counts as a regular pattern, and its rise over the valley before. */
const THRESHOLD = 0.3
const PROMINENCE = 0.2
/** A peak at a multiple of the season scores about as high: it must be this much better. */
const CLEARLY = 0.1
/** Peaks within this share of each other are one, ragged from noise. */
const SAME = 0.1

/** Newest values that are looked at. */
const NEWEST = 8192
/** Columns of a table that are asked for its season, and the share of them that must agree. */
const ASKED = 12
const AGREED = 0.25

/**
 * Length of the strongest regular pattern in `values`, in grid steps; 0 when there is none.
 *
 * The first prominent peak of the autocorrelation, on values from which a straight line was taken; seen at least
 * twice. O(n²), n ≤ 8,192 newest values: for the training thread.
 */
export function detectSeason(values: Float64Array): number {
  const newest = values.subarray(Math.max(0, values.length - NEWEST))
  const longest = Math.floor(newest.length / REPEATS)
  if (longest < 4) return 0
  const r = autocorrelation(detrended(newest), longest + 1)
  let valley = 1
  let best = 0
  for (let lag = 1; lag <= longest; lag++) {
    valley = Math.min(valley, r[lag])
    const peak = r[lag] >= r[lag - 1] && r[lag] >= r[lag + 1]
    if (!peak || r[lag] < THRESHOLD || r[lag] < valley + PROMINENCE) continue
    const lead = lag <= best * (1 + SAME) ? 0 : CLEARLY
    if (best === 0 || r[lag] > r[best] + lead) best = lag
  }
  return best
}

/**
 * The season of a table: the one that most of its columns have, where a column that has a multiple of it counts half;
 * the shorter of two that as many have. 0 when too few agree on any.
 * @param detect finds the season of one column
 */
export function sharedSeason(
  columns: readonly Float64Array[],
  detect: (values: Float64Array) => number = detectSeason,
): number {
  const stride = Math.max(1, Math.ceil(columns.length / ASKED))
  const asked = columns.filter((_, i) => i % stride === 0).map((values) => detect(values))
  const found = asked.filter((season) => season > 0).sort((a, b) => a - b)
  const votes = (season: number): number =>
    found.reduce((sum, one) => {
      const multiple = Math.round(one / season)
      const agrees = multiple >= 1 && Math.abs(one - multiple * season) <= SAME * season
      return sum + (agrees ? (multiple === 1 ? 1 : 0.5) : 0)
    }, 0)
  const best = found.reduce((best, one) => (votes(one) > votes(best) ? one : best), found[0] ?? 0)
  if (best === 0 || votes(best) < AGREED * asked.length) return 0
  const close = found.filter((one) => Math.abs(one - best) <= SAME * best)
  return close[close.length >> 1]
}

/** Values without their mean and straight line; all 0 where nothing but rounding is left. */
function detrended(values: Float64Array): Float64Array {
  const n = values.length
  const middle = (n - 1) / 2
  let mean = 0
  for (const v of values) mean += v / n
  let covariance = 0
  for (let i = 0; i < n; i++) covariance += (i - middle) * (values[i] - mean)
  const slope = (12 * covariance) / (n * (n * n - 1))
  const left = values.map((v, i) => v - mean - slope * (i - middle))
  const size = values.reduce((most, v) => Math.max(most, Math.abs(v)), 0)
  return left.every((v) => Math.abs(v) <= 1e-9 * size) ? left.fill(0) : left
}

/** Unbiased autocorrelation at lags 0..lags; all 0 for a constant series. */
function autocorrelation(x: Float64Array, lags: number): Float64Array {
  const n = x.length
  const r = new Float64Array(lags + 1)
  for (let lag = 0; lag <= lags; lag++) {
    let sum = 0
    for (let i = lag; i < n; i++) sum += x[i] * x[i - lag]
    r[lag] = sum / (n - lag)
  }
  const variance = r[0]
  return variance > 0 ? r.map((v) => v / variance) : r
}
