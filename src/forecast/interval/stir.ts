/** Whether a stream is more restless of late than it usually is, told by its errors of one step ahead. */
export interface StirState {
  /** Mean errors: of late, and over longer; 0 before any. */
  recent: number
  usual: number
}

/** Rates of the two means. */
const RECENT = 0.15
const USUAL = 0.005
/** An error counts for at most this many usual ones. */
const OUTLIER = 8
/** How much more, or less, than usual a stream may be taken to err. */
const MOST = 4

export function startStir(): StirState {
  return { recent: 0, usual: 0 }
}

export function learnStir(state: StirState, distance: number): void {
  if (state.usual > 0) {
    const counted = Math.min(distance, OUTLIER * state.usual)
    state.recent += RECENT * (counted - state.recent)
    state.usual += USUAL * (counted - state.usual)
  } else {
    state.recent = distance
    state.usual = distance
  }
}

/**
 * How many times its usual error the stream makes now. Bounded: after a change of scale both means are off for long,
 * and scores taken then must stay comparable with those before and after.
 */
export function stirOf({ recent, usual }: StirState): number {
  return usual > 0 ? Math.min(Math.max(recent / usual, 1 / MOST), MOST) : 1
}
