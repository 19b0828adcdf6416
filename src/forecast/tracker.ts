import { learnSkill, maySpeak, type SkillState, skillOf, startSkill } from './gate.ts'
import { createIntervals, type IntervalState, startIntervals } from './interval.ts'
import type { Forecast } from './types.ts'

/**
 * Forecasts that wait for their truth, and what was learned from those that have met it. One per stream.
 *
 * A ring of the last `horizon` origins holds the changes the GRU forecast and the half widths issued with both
 * experts; each new reading matures step h of the forecast issued h readings ago, and nothing younger.
 */
export interface TrackerState {
  /** Grid steps opened so far. */
  opened: number
  /** Of these, how many were opened under other weights than the GRU's present ones. */
  foreign: number
  /** Value at each origin in the ring; NaN where nothing was issued. */
  readonly origin: Float64Array
  /** 1 where the GRU spoke for that origin, 0 where naive did. */
  readonly spoke: Uint8Array
  /** ŷ − x of the GRU [origin][step]; NaN where it made none. */
  readonly changes: Float32Array
  /** Half widths [origin][step] of naive and of the GRU. */
  readonly naiveWidth: Float32Array
  readonly gruWidth: Float32Array
  readonly naiveIntervals: IntervalState
  readonly gruIntervals: IntervalState
  /** GRU of the present weights against naive, wherever it made a forecast. */
  readonly gru: SkillState
  /** What was emitted against naive. */
  readonly emitted: SkillState
  /** Share of readings inside the emitted intervals, over an exponential window. */
  covered: number
  coveredCount: number
  speaking: boolean
}

export interface Tracker {
  /** Scores every forecast of this value, issued earlier; `tailSkill` is the GRU's on the tail held back from its fit. */
  mature(value: number, tailSkill: number): void
  /** Opens the origin of a new value; returns the array that receives the GRU's changes at {@link offset}. */
  open(value: number, issue: boolean): Float32Array
  /** Where the newest origin's changes belong. */
  readonly offset: number
  /** The GRU's changes for the newest origin are complete. */
  commit(): void
  /** Whether any forecast has met its truth, so that there are errors to make intervals of. */
  readonly scored: boolean
  /** Point forecasts, intervals and figures of the newest origin; only once {@link Tracker.scored}. */
  read(
    last: number,
    fitted: boolean,
  ): Pick<Forecast, 'mean' | 'lower' | 'upper' | 'model' | 'reason' | 'skill' | 'measuredCoverage'>
  /** Drops forecasts that wait; what was learned stays. */
  clear(): void
}

/** Readings over which the measured coverage forgets. */
const COVERAGE_WINDOW = 480

export function startTracker(horizon: number, coverage: number): TrackerState {
  const nothing = (): Float32Array => new Float32Array(horizon * horizon).fill(Number.NaN)
  return {
    opened: 0,
    foreign: 0,
    origin: new Float64Array(horizon).fill(Number.NaN),
    spoke: new Uint8Array(horizon),
    changes: nothing(),
    naiveWidth: nothing(),
    gruWidth: nothing(),
    naiveIntervals: startIntervals(horizon, coverage),
    gruIntervals: startIntervals(horizon, coverage),
    gru: startSkill(),
    emitted: startSkill(),
    covered: 0,
    coveredCount: 0,
    speaking: false,
  }
}

/** Sets another target coverage for forecasts to come; the scores that were seen stay valid. */
export function aimAt({ naiveIntervals, gruIntervals }: TrackerState, coverage: number): void {
  naiveIntervals.alpha.fill(1 - coverage)
  gruIntervals.alpha.fill(1 - coverage)
}

/** The GRU is another: what was learned of the one before says nothing of it, and it must prove itself. */
export function beginProbation(state: TrackerState, coverage: number): void {
  const { alpha, count, ring, sorted } = state.gruIntervals
  state.foreign = state.opened
  state.speaking = false
  Object.assign(state.gru, startSkill())
  alpha.fill(1 - coverage)
  for (const scores of [count, ring, sorted]) scores.fill(0)
}

export function createTracker(horizon: number, coverage: number, state: TrackerState): Tracker {
  const naive = createIntervals(coverage, state.naiveIntervals)
  const gru = createIntervals(coverage, state.gruIntervals)
  // The GRU must have been seen right over the whole horizon before it may speak.
  const probation = 2 * horizon

  const slotOf = (ago: number): number => (((state.opened - ago) % horizon) + horizon) % horizon
  const newest = (): number => slotOf(1)

  const mature = (value: number, tailSkill: number): void => {
    let naiveSum = 0
    let emittedSum = 0
    let inside = 0
    let issued = 0
    let gruSum = 0
    let gruNaiveSum = 0
    let gruIssued = 0
    for (let h = 0; h < horizon; h++) {
      const slot = slotOf(h + 1)
      const origin = state.origin[slot]
      if (Number.isNaN(origin)) continue
      const at = slot * horizon + h
      const naiveError = Math.abs(value - origin)
      naive.learn(h, naiveError, state.naiveWidth[at])
      const change = state.changes[at]
      let gruError = naiveError
      if (!Number.isNaN(change)) {
        gruError = Math.abs(value - origin - change)
        if (state.opened - h > state.foreign) {
          gru.learn(h, gruError, state.gruWidth[at])
          gruSum += gruError
          gruNaiveSum += naiveError
          gruIssued++
        }
      }
      const spoke = state.spoke[slot] === 1
      const error = spoke ? gruError : naiveError
      naiveSum += naiveError
      emittedSum += error
      if (error <= (spoke ? state.gruWidth[at] : state.naiveWidth[at])) inside++
      issued++
    }
    if (issued === 0) return
    learnSkill(state.emitted, emittedSum / issued, naiveSum / issued)
    state.coveredCount++
    state.covered += (inside / issued - state.covered) / Math.min(state.coveredCount, COVERAGE_WINDOW)
    if (gruIssued === 0) return
    learnSkill(state.gru, gruSum / gruIssued, gruNaiveSum / gruIssued)
    state.speaking = maySpeak(state.gru, state.speaking, probation, tailSkill)
  }

  const writeWidths = (widths: Float32Array, halfWidth: (h: number) => number): void => {
    const at = newest() * horizon
    for (let h = 0; h < horizon; h++) widths[at + h] = halfWidth(h)
  }

  const open = (value: number, issue: boolean): Float32Array => {
    state.opened++
    const slot = newest()
    state.origin[slot] = issue ? value : Number.NaN
    state.spoke[slot] = 0
    state.changes.fill(Number.NaN, slot * horizon, (slot + 1) * horizon)
    if (issue) writeWidths(state.naiveWidth, naive.halfWidth)
    return state.changes
  }

  const commit = (): void => {
    writeWidths(state.gruWidth, gru.halfWidth)
    state.spoke[newest()] = state.speaking ? 1 : 0
  }

  const read: Tracker['read'] = (last, fitted) => {
    const slot = newest()
    const speaks = state.spoke[slot] === 1
    const widths = speaks ? state.gruWidth : state.naiveWidth
    const mean = new Array<number>(horizon)
    const lower = new Array<number>(horizon)
    const upper = new Array<number>(horizon)
    for (let h = 0; h < horizon; h++) {
      const at = slot * horizon + h
      mean[h] = speaks ? last + state.changes[at] : last
      lower[h] = mean[h] - widths[at]
      upper[h] = mean[h] + widths[at]
    }
    return {
      mean,
      lower,
      upper,
      model: speaks ? 'gru' : 'naive',
      reason: reason(state, speaks, fitted, probation),
      skill: skillOf(state.emitted),
      measuredCoverage: state.coveredCount > 0 ? state.covered : null,
    }
  }

  return {
    mature,
    open,
    get offset() {
      return newest() * horizon
    },
    commit,
    get scored() {
      return !Number.isNaN(state.naiveWidth[newest() * horizon + horizon - 1])
    },
    read,
    clear() {
      state.origin.fill(Number.NaN)
    },
  }
}

function reason(state: TrackerState, speaks: boolean, fitted: boolean, probation: number): string {
  if (!fitted) return 'the GRU has not been fitted yet'
  const skill = skillOf(state.gru) ?? 0
  const share = `${Math.abs(100 * skill).toFixed(0)} %`
  if (speaks) return `the GRU beats naive by ${share}`
  if (state.speaking) return 'the stream began anew: the GRU waits for a whole segment'
  if (state.gru.count < probation)
    return `the GRU is on probation: ${state.gru.count} of ${probation} readings`
  return skill < 0 ? `the GRU is ${share} worse than naive` : `the GRU beats naive by only ${share}`
}
