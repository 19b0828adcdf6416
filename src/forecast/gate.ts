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
/** Share by which the GRU must beat naive to speak; it falls silent as soon as it no longer does. */
const MARGIN = 0.02

export function startSkill(): SkillState {
  return { mae: 0, naive: 0, count: 0 }
}

/** Learns the mean absolute errors, over horizon steps, of the forecasts that matured with one reading. */
export function learnSkill(state: SkillState, mae: number, naive: number): void {
  state.count++
  const rate = 1 / Math.min(state.count, WINDOW)
  state.mae += rate * (mae - state.mae)
  state.naive += rate * (naive - state.naive)
}

/** 1 − MAE / MAE of naive; null before anything matured, 0 where both are perfect. */
export function skillOf(state: SkillState): number | null {
  if (state.count === 0) return null
  if (state.naive === 0) return state.mae === 0 ? 0 : Number.NEGATIVE_INFINITY
  return 1 - state.mae / state.naive
}

/**
 * Whether the GRU may speak: only after `needed` readings have brought matured forecasts of it, and while it beats
 * naive on them; with hysteresis, so that the speaker does not flicker.
 */
export function maySpeak(state: SkillState, speaking: boolean, needed: number): boolean {
  if (state.count < needed) return false
  const skill = skillOf(state) ?? 0
  return skill > (speaking ? 0 : MARGIN)
}
