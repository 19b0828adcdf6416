import { type AnomalyState, learnAnomaly, type Surprise, startAnomaly } from './anomaly.ts'
import { delayPlace, delayPlaces } from './delay.ts'
import type { GruOutput } from './experts/gru.ts'
import { SIMPLE } from './experts/panel.ts'
import type { History } from './history.ts'
import { createIntervals, type IntervalState, startIntervals } from './interval/intervals.ts'
import { createMix, enterExpert, type MixState, startMix } from './mix.ts'
import { learnSkill, type SkillState, skillOf, startSkill } from './skill.ts'
import type { Anomaly, ExpertName, ExpertShare, Forecast, Interval } from './types.ts'

/** Forecasts of one stream that wait for their truth, and what was learned from those that have met it. Plain data. */
export interface TrackerState {
  /** Grid steps so far. */
  opened: number
  /** Value at this and the newest origins, a ring; NaN where nothing was issued. */
  readonly origins: Float64Array
  /** What was issued and waits, see `delay.ts`: ŷ − x, sides of the net's interval, and intervals of each coverage. */
  readonly changes: Float32Array
  readonly below: Float32Array
  readonly above: Float32Array
  readonly down: Float32Array
  readonly up: Float32Array
  readonly mix: MixState
  readonly intervals: IntervalState
  readonly anomaly: AnomalyState
  /** What was issued against naive. */
  readonly skill: SkillState
}

/** The experts, in their order; the first is naive. */
export const EXPERTS: readonly ExpertName[] = [...SIMPLE, 'gru', 'learning-gru']
const GRU = EXPERTS.indexOf('gru')
const LEARNER = EXPERTS.indexOf('learning-gru')
/** Logarithm of an expert's first weight against the largest: naive is to be beaten. */
const PRIOR = -5
/** The same of a GRU that was put in, and was better than naive on data that it had not seen. */
const PROVEN = -1

/** What of a reading is issued. */
export interface Issue {
  /** The value as it was read. */
  readonly last: number
  /** The newest value of the history, which it is unless it is like none before. */
  readonly believed: number
  /** Values in a row that are like none before: as long, at least, it is expected to go on. */
  readonly run: number
  /** ŷ − `believed` of every expert; NaN at the first step of one that is silent. */
  readonly changes: readonly Float64Array[]
  /** What the nets say; null where one is silent. */
  readonly gru: GruOutput | null
  readonly learner: GruOutput | null
  /** Whether the nets were put in with a skill above 0. */
  readonly proven: boolean
}

export interface Tracker {
  /** Opens the grid step of a new value, which {@link Tracker.issue} or {@link Tracker.skip} ends. */
  open(): void
  /** Scores every forecast of the value observed at this grid step. */
  mature(value: number): void
  /** Lets the experts' weights learn from the newest value of `history`. */
  weigh(history: History): void
  issue(issue: Issue): void
  /** Nothing is issued at this grid step. */
  skip(): void
  /** Whether any forecast has met its truth, so that there are errors to make intervals of. */
  readonly scored: boolean
  /** What was issued last; only once {@link Tracker.scored}. */
  read(): Pick<
    Forecast,
    | 'mean'
    | 'lower'
    | 'upper'
    | 'coverage'
    | 'measuredCoverage'
    | 'intervals'
    | 'model'
    | 'experts'
    | 'anomaly'
    | 'skill'
  >
  /** Drops forecasts that wait; what was learned stays. */
  clear(): void
}

export function startTracker(horizon: number, coverages: readonly number[]): TrackerState {
  const places = delayPlaces(horizon)
  const lines = (count = 1): Float32Array => new Float32Array(count * places).fill(Number.NaN)
  return {
    opened: 0,
    origins: new Float64Array(horizon + 1).fill(Number.NaN),
    changes: lines(),
    below: lines(),
    above: lines(),
    down: lines(coverages.length),
    up: lines(coverages.length),
    mix: startMix(horizon, EXPERTS.length),
    intervals: startIntervals(horizon, coverages),
    anomaly: startAnomaly(),
    skill: startSkill(),
  }
}

/** The nets are others from now on, and must prove themselves anew. */
export function forgetNets({ mix }: TrackerState): void {
  for (const k of [GRU, LEARNER]) enterExpert(mix, EXPERTS.length, k, Number.NaN)
}

export function createTracker(horizon: number, coverages: readonly number[], state: TrackerState): Tracker {
  const C = coverages.length
  const ring = horizon + 1
  const places = delayPlaces(horizon)
  const intervals = createIntervals(coverages, state.intervals)
  const mix = createMix(
    horizon,
    EXPERTS.map((_, k) => (k === 0 ? 0 : PRIOR)),
  )
  const mixed = new Float64Array(horizon)
  const mean = new Float64Array(horizon)
  const below = new Float32Array(horizon)
  const above = new Float32Array(horizon)
  const down = new Float32Array(C * horizon)
  const up = new Float32Array(C * horizon)
  const downOf = new Float32Array(C)
  const upOf = new Float32Array(C)
  let surprise: Surprise | null = null
  /** What was issued for the newest value one step before. */
  let expected = Number.NaN
  let lower = Number.NaN
  let upper = Number.NaN

  /** Value at the origin `ago` steps before this one; NaN where nothing was issued. */
  const originOf = (ago: number): number => state.origins[(state.opened + ring - ago) % ring]

  /** The forecast of step `h` that `value` is the truth of; returns its error, NaN where none was issued. */
  const meet = (value: number, h: number): number => {
    const origin = originOf(h)
    if (Number.isNaN(origin)) return Number.NaN
    const at = delayPlace(h, state.opened)
    const error = value - origin - state.changes[at]
    for (let c = 0; c < C; c++) {
      downOf[c] = state.down[c * places + at]
      upOf[c] = state.up[c * places + at]
    }
    if (h === 1) {
      expected = origin + state.changes[at]
      lower = expected - downOf[0]
      upper = expected + upOf[0]
    }
    intervals.learn(h - 1, error, state.below[at], state.above[at], downOf, upOf)
    return error
  }

  const mature = (value: number): void => {
    let sum = 0
    let naiveSum = 0
    let issued = 0
    expected = Number.NaN
    lower = Number.NaN
    for (let h = 1; h <= horizon; h++) {
      const error = meet(value, h)
      if (Number.isNaN(error)) continue
      sum += Math.abs(error)
      naiveSum += Math.abs(value - originOf(h))
      issued++
    }
    surprise = learnAnomaly(state.anomaly, value, expected)
    if (issued > 0) learnSkill(state.skill, sum / issued, naiveSum / issued)
  }

  /** Sides of the net's interval: those of the GRU that has the larger share; none after a value like none before. */
  const writeSides = ({ run, gru, learner }: Issue): void => {
    const larger = mix.shares[LEARNER] > mix.shares[GRU] ? (learner ?? gru) : (gru ?? learner)
    const net = run > 0 ? null : larger
    if (net) {
      below.set(net.below)
      above.set(net.above)
    } else {
      below.fill(Number.NaN)
      above.fill(Number.NaN)
    }
  }

  const keep = (line: Float32Array, numbers: ArrayLike<number>, from = 0): void => {
    const base = (from / horizon) * places
    for (let h = 1; h <= horizon; h++) line[base + delayPlace(h, state.opened)] = numbers[from + h - 1]
  }

  /** A net's first weight. */
  const enter = (k: number, said: GruOutput | null, proven: boolean): void => {
    if (said && Number.isNaN(state.mix.logs[k])) {
      enterExpert(state.mix, EXPERTS.length, k, proven ? PROVEN : PRIOR)
    }
  }

  const issue = (one: Issue): void => {
    const { last, believed, run, changes, gru, learner, proven } = one
    enter(GRU, gru, proven)
    enter(LEARNER, learner, proven)
    mix.issue(state.mix, changes, mixed)
    writeSides(one)
    intervals.issue(below, above, down, up)
    for (let h = 0; h < horizon; h++) mean[h] = h < run ? last : believed + mixed[h]
    state.origins[state.opened % ring] = last
    for (let h = 0; h < horizon; h++) mixed[h] = mean[h] - last
    keep(state.changes, mixed)
    keep(state.below, below)
    keep(state.above, above)
    for (let c = 0; c < C; c++) {
      keep(state.down, down, c * horizon)
      keep(state.up, up, c * horizon)
    }
  }

  const intervalOf = (c: number): Interval => ({
    coverage: coverages[c],
    measuredCoverage: intervals.measured(c),
    lower: Array.from(mean, (v, h) => v - down[c * horizon + h]),
    upper: Array.from(mean, (v, h) => v + up[c * horizon + h]),
  })

  /** Shares of what is said, those of one name together. */
  const experts = (): ExpertShare[] => {
    const shares = new Map<ExpertName, number>()
    for (const [k, name] of EXPERTS.entries()) shares.set(name, (shares.get(name) ?? 0) + mix.shares[k])
    return [...shares]
      .filter(([, share]) => share > 0)
      .map(([name, share]) => ({ name, share }))
      .sort((a, b) => b.share - a.share)
  }

  /** Null too where nothing was forecast a step before: after a gap, and when a stream begins anew. */
  const anomaly = (): Anomaly | null =>
    surprise && !Number.isNaN(lower) ? { expected, lower, upper, ...surprise } : null

  return {
    open() {
      state.opened++
      state.origins[state.opened % ring] = Number.NaN
    },
    mature,
    weigh: (history) => mix.learn(state.mix, history),
    issue,
    skip: () => mix.skip(state.mix),
    get scored() {
      return intervals.scored
    },
    read() {
      const all = coverages.map((_, c) => intervalOf(c))
      const shares = experts()
      const { coverage, measuredCoverage, lower, upper } = all[0]
      return {
        mean: Array.from(mean),
        lower,
        upper,
        coverage,
        measuredCoverage,
        intervals: all,
        model: shares[0].name,
        experts: shares,
        anomaly: anomaly(),
        skill: skillOf(state.skill),
      }
    },
    clear() {
      state.origins.fill(Number.NaN)
    },
  }
}
