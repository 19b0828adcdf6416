/** What one stream's errors of one step have been; plain numbers and typed arrays, so that it can be saved. */
export interface AnomalyState {
  /** Errors taken so far. */
  count: number
  /** Mean and sum of squared deviations of all errors' sizes. */
  mean: number
  squares: number
  /** Readings until an alarm may begin again. */
  rest: number
  /** Sizes of the newest errors, a ring. */
  readonly recent: Float64Array
}

/** How surprising the errors of late are. */
export interface Surprise {
  /** Likelihood that they are no ordinary ones, 0–1. */
  likelihood: number
  /** Whether an alarm begins here. */
  flagged: boolean
}

/** Errors whose mean is compared with the long run. */
const RECENT = 10
/** Errors that show what is ordinary. */
const ORDINARY = 150
/** Readings after an alarm in which none begins. */
const REFRACTORY = 200
/** Likelihood from which on it is an alarm. */
const ALARM = 1 - 10 ** -1.25

export function startAnomaly(): AnomalyState {
  return { count: 0, mean: 0, squares: 0, rest: 0, recent: new Float64Array(RECENT) }
}

/**
 * Takes one value and what was forecast for it one step before. The likelihood is that of Ahmad et al. 2017
 * (Neurocomputing 262:134–147): where the mean of the newest errors lies in the normal distribution of all so far.
 *
 * @param expected the forecast; NaN: none
 * @param lower lower end of its interval; NaN: none
 * @param upper upper end of its interval; NaN: none
 * @returns null until 150 errors have shown what is ordinary
 */
export function learnAnomaly(
  state: AnomalyState,
  value: number,
  expected: number,
  lower: number,
  upper: number,
): Surprise | null {
  const size = Math.abs(value - expected)
  if (!Number.isFinite(size) || lower > upper) return null
  state.recent[state.count % RECENT] = size
  state.count++
  const change = size - state.mean
  state.mean += change / state.count
  state.squares += change * (size - state.mean)
  if (state.rest > 0) state.rest--
  if (state.count < ORDINARY) return null
  const deviation = Math.sqrt(state.squares / state.count)
  const recent = state.recent.reduce((sum, one) => sum + one, 0) / RECENT
  const likelihood = deviation > 0 ? 1 - upperTail((recent - state.mean) / deviation) : 0
  const flagged = likelihood >= ALARM && state.rest === 0
  if (flagged) state.rest = REFRACTORY
  return { likelihood, flagged }
}

/** Share of the normal distribution above `z` (Abramowitz & Stegun 1964, 26.2.17; error below 7.5e-8). */
function upperTail(z: number): number {
  if (z < 0) return 1 - upperTail(-z)
  const t = 1 / (1 + 0.2316419 * z)
  const polynomial =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  return (polynomial * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI)
}
