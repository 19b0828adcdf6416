/** Where a reading falls on a stream's regular time grid. */
export type Placement =
  /** A new grid step; `missing` steps before it had no reading and are to be filled in. */
  | { readonly kind: 'step'; readonly missing: number }
  /** Further ahead than gaps are filled: believed once the next reading confirms it, as no single timestamp may. */
  | { readonly kind: 'ahead' }
  /** Confirmed by this reading: the stream begins anew at the one ahead, and this one is to be placed again. */
  | { readonly kind: 'resume' }
  /** The clock was set back: the stream begins anew here. */
  | { readonly kind: 'restart' }
  /** One reading ahead after the other: a period that was detected is wrong, and is to be detected again. */
  | { readonly kind: 'lost' }
  | { readonly kind: 'duplicate' | 'extra' | 'late' }

/** State of a grid; plain numbers, so that it can be saved. */
export interface GridState {
  /** Milliseconds per step, and as it was at the start. */
  period: number
  readonly base: number
  /** Grid time of the newest step, ms since the epoch. */
  cutoff: number
  /** Time of the newest accepted reading. */
  newest: number
  /** Time of a reading ahead that waits to be confirmed, and how many have come in a row. */
  ahead: number | null
  aheadRun: number
  /** Late readings in a row, and the time of the last of them. */
  lateRun: number
  lateTime: number
}

/** Readings used to detect the period. */
export const PERIOD_READINGS = 8
/** Late readings in a row, each newer than the one before, after which the clock is believed to have been set back. */
const CLOCK_SET_BACK = 5
/** Readings ahead in a row, none confirming the one before, after which a detected period is believed to be wrong. */
const WRONG_PERIOD = 3
/** Below this share of the upper quartile, the median is that of bursts, not of the sensor. */
const BURST = 0.05
// Gains of the alpha-beta filter that follows the sensor's clock, and how far it may carry the period: irregular
// arrivals pull it one way only, because the second reading within a step is not placed.
const PHASE_GAIN = 0.05
const PERIOD_GAIN = 0.0025
const PERIOD_RANGE = 0.1

/** A grid whose first step is the reading at `time`. */
export function startGrid(period: number, time: number): GridState {
  return {
    period,
    base: period,
    cutoff: time,
    newest: time,
    ahead: null,
    aheadRun: 0,
    lateRun: 0,
    lateTime: 0,
  }
}

/**
 * The median distance between times in order, which jitter and a few gaps do not move; the upper quartile where
 * readings come in bursts. 0 when all times are equal.
 */
export function detectPeriod(times: readonly number[]): number {
  const distances: number[] = []
  for (let i = 1; i < times.length; i++) {
    if (times[i] > times[i - 1]) distances.push(times[i] - times[i - 1])
  }
  if (distances.length === 0) return 0
  distances.sort((a, b) => a - b)
  const median = distances[(distances.length - 1) >> 1]
  const quartile = distances[Math.floor(0.75 * distances.length)]
  return median < BURST * quartile ? quartile : median
}

/**
 * Places a reading and moves the grid on. This is the only place that decides what is late, doubled or missing.
 *
 * The grid follows the readings' own clock with an alpha-beta filter, so that jitter and a period that is slightly
 * off (only if it was `detected`) do not add up to false gaps.
 * @param maxMissing longest gap, in steps, that is filled in
 */
export function placeOnGrid(grid: GridState, time: number, maxMissing: number, detected: boolean): Placement {
  if (time === grid.newest) return { kind: 'duplicate' }
  const steps = Math.round((time - grid.cutoff) / grid.period)
  if (steps <= 0) {
    if (time > grid.newest) return { kind: 'extra' }
    grid.lateRun = time > grid.lateTime ? grid.lateRun + 1 : 1
    grid.lateTime = time
    if (grid.lateRun < CLOCK_SET_BACK) return { kind: 'late' }
    Object.assign(grid, startGrid(grid.base, time))
    return { kind: 'restart' }
  }
  if (steps - 1 > maxMissing) {
    const { ahead, base } = grid
    if (time === ahead) return { kind: 'duplicate' }
    if (ahead !== null && time > ahead && Math.round((time - ahead) / grid.period) - 1 <= maxMissing) {
      Object.assign(grid, startGrid(base, ahead))
      return { kind: 'resume' }
    }
    grid.ahead = time
    grid.aheadRun++
    return { kind: detected && grid.aheadRun >= WRONG_PERIOD ? 'lost' : 'ahead' }
  }
  const error = time - (grid.cutoff + steps * grid.period)
  grid.cutoff += steps * grid.period + PHASE_GAIN * error
  if (detected) {
    const followed = grid.period + (PERIOD_GAIN * error) / steps
    const range = PERIOD_RANGE * grid.base
    grid.period = Math.min(Math.max(followed, grid.base - range), grid.base + range)
  }
  grid.newest = time
  grid.ahead = null
  grid.aheadRun = 0
  grid.lateRun = 0
  grid.lateTime = 0
  return { kind: 'step', missing: steps - 1 }
}
