// Ridge regression that goes on learning: recursive least squares with forgetting, in float64, written apart from the
// package's own. Features are the differences of older values to the newest one, a constant and the time of day.

/** P before the first sample. */
const FIRST_P = 10
/** P is made symmetric after so many samples, and scaled down to this trace. */
const EVERY = 500
const LARGEST_TRACE = 1e6

/** Newest lags, with a day of 24 rows and with one of 96. */
const NEWEST = {
  24: Array.from({ length: 24 }, (_, i) => i + 1),
  96: [...Array.from({ length: 16 }, (_, i) => i + 1), 18, 24, 30, 36, 42],
}

/** Rows back of all features. @throws RangeError for another day */
export function lagsOf(day) {
  if (!NEWEST[day]) throw new RangeError(`there are lags for days of 24 and 96 rows, not of ${day}`)
  const days = [day - 2, day - 1, day, day + 1, 2 * day - 1, 2 * day, 3 * day, 7 * day - 1, 7 * day]
  return [...new Set([...NEWEST[day], ...days])]
}

/**
 * Forecasts of the columns by two filters each, one of step 1 and one of all steps, which learns of an origin when its
 * last step is known; as `stepErrors` reads them: origins of a column must come in order.
 * @param standards of each column, { mean, deviation }
 */
export function ridge(columns, standards, day, lambda) {
  const lags = lagsOf(day)
  const reach = Math.max(...lags)
  return (c) => {
    const { mean, deviation } = standards[c]
    const x = columns[c].map((value) => (value - mean) / deviation)
    const f = new Float64Array(lags.length + 5)
    const featuresOf = (t) => {
      for (const [i, lag] of lags.entries()) f[i] = x[t - lag] - x[t]
      const angle = (2 * Math.PI * (t % day)) / day
      f.set([1, Math.sin(angle), Math.cos(angle), Math.sin(2 * angle), Math.cos(2 * angle)], lags.length)
      return f
    }
    let next = reach
    let filters = null
    return (origin, out) => {
      const horizon = out.length
      filters ??= [1, horizon].map((steps) => ({ steps, filter: createRls(f.length, steps, lambda) }))
      for (; next <= origin; next++) {
        for (const { steps, filter } of filters) {
          const from = next - steps
          if (from < reach) continue
          filter.learn(featuresOf(from), (h) => x[from + 1 + h] - x[from])
        }
      }
      const [first, all] = filters
      all.filter.predict(featuresOf(origin), out)
      first.filter.predict(f, out.subarray(0, 1))
      for (let h = 0; h < horizon; h++) out[h] = mean + deviation * (x[origin] + out[h])
    }
  }
}

/** Recursive least squares of n features and m targets, which share the covariance. */
export function createRls(n, m, lambda) {
  const P = new Float64Array(n * n)
  for (let i = 0; i < n; i++) P[i * n + i] = FIRST_P
  const W = new Float64Array(m * n)
  const Pf = new Float64Array(n)
  let samples = 0

  const dot = (row, at, f) => {
    let sum = 0
    for (let i = 0; i < n; i++) sum += row[at + i] * f[i]
    return sum
  }
  const tidy = () => {
    let trace = 0
    for (let i = 0; i < n; i++) {
      trace += P[i * n + i]
      for (let j = 0; j < i; j++) {
        const both = (P[i * n + j] + P[j * n + i]) / 2
        P[i * n + j] = both
        P[j * n + i] = both
      }
    }
    if (trace > LARGEST_TRACE) for (let i = 0; i < P.length; i++) P[i] *= LARGEST_TRACE / trace
  }

  return {
    /** @param target step index → its value */
    learn(f, target) {
      for (let i = 0; i < n; i++) Pf[i] = dot(P, i * n, f)
      const below = lambda + dot(Pf, 0, f)
      for (let h = 0; h < m; h++) {
        const share = (target(h) - dot(W, h * n, f)) / below
        for (let i = 0; i < n; i++) W[h * n + i] += share * Pf[i]
      }
      for (let i = 0; i < n; i++) {
        const share = Pf[i] / below
        for (let j = 0; j < n; j++) P[i * n + j] = (P[i * n + j] - share * Pf[j]) / lambda
      }
      if (++samples % EVERY === 0) tidy()
    },
    predict(f, out) {
      for (let h = 0; h < out.length; h++) out[h] = dot(W, h * n, f)
    },
  }
}
