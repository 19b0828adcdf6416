/** Fewest repetitions of a season that must have been seen. */
const REPEATS = 2.5
/** Autocorrelation that counts as a regular pattern. */
const THRESHOLD = 0.3

/**
 * Length of the strongest regular pattern in `values`, in grid steps; 0 when there is none.
 *
 * The first pronounced peak of the autocorrelation after its first zero crossing or valley, on values from which
 * a straight line was taken; seen at least 2½ times. O(n²), n ≤ 2,048 newest values: for the training thread.
 */
export function detectSeason(values: Float64Array): number {
  const newest = values.subarray(Math.max(0, values.length - 2048))
  const n = newest.length
  const longest = Math.floor(n / REPEATS)
  if (longest < 4) return 0
  const x = detrended(newest)
  const r = autocorrelation(x, longest + 1)
  // Near lag 0 every smooth series resembles itself: only what comes after the first valley counts.
  let lag = 1
  while (lag < longest && r[lag + 1] <= r[lag]) lag++
  let best = 0
  for (; lag <= longest; lag++) {
    if (r[lag] < THRESHOLD || r[lag] < r[lag - 1] || r[lag] < r[lag + 1]) continue
    // Multiples of the season score about as high: a later peak must be clearly better.
    if (best === 0 || r[lag] > r[best] + 0.1) best = lag
  }
  return best
}

function detrended(values: Float64Array): Float64Array {
  const n = values.length
  const middle = (n - 1) / 2
  let mean = 0
  for (const v of values) mean += v / n
  let covariance = 0
  for (let i = 0; i < n; i++) covariance += (i - middle) * (values[i] - mean)
  const slope = (12 * covariance) / (n * (n * n - 1))
  return values.map((v, i) => v - mean - slope * (i - middle))
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
  if (!(variance > 0)) return r.fill(0)
  return r.map((v) => v / variance)
}
