/** Running comparison of a forecaster with naive on the same matured forecasts; plain numbers, so that it can be saved. */
export interface SkillState {
  /** Mean absolute errors over an exponential window. */
  mae: number
  naive: number
  /** Readings that have brought matured forecasts. */
  count: number
}

/** Readings that the comparison remembers. */
const WINDOW = 240
/** Errors count for at most this many times naive's mean error so far, once it is settled. */
const OUTLIER = 8
const SETTLED = 16

export function startSkill(): SkillState {
  return { mae: 0, naive: 0, count: 0 }
}

/**
 * Learns the mean absolute errors, over horizon steps, of the forecasts that matured with one reading. Beyond a
 * multiple of what naive errs usually both are scaled down together: one broken reading decides nothing.
 */
export function learnSkill(state: SkillState, mae: number, naive: number): void {
  const most = state.count >= SETTLED && state.naive > 0 ? OUTLIER * state.naive : Number.POSITIVE_INFINITY
  const share = Math.min(1, most / Math.max(mae, naive))
  state.count++
  const rate = 1 / Math.min(state.count, WINDOW)
  state.mae += rate * (share * mae - state.mae)
  state.naive += rate * (share * naive - state.naive)
}

/** 1 − MAE / MAE of naive; null before anything matured, 0 where both are perfect. */
export function skillOf(state: SkillState): number | null {
  if (state.count === 0) return null
  if (state.naive === 0) return state.mae === 0 ? 0 : Number.NEGATIVE_INFINITY
  return 1 - state.mae / state.naive
}
