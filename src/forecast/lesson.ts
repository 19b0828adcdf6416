import { enoughSteps } from '../learn/segment/data.ts'
import type { Channel, FitJob, FitSeries, SegmentModel } from '../learn/segment/types.ts'
import { length } from './history.ts'
import type { StreamState } from './stream.ts'

/** What the options say of every fit. */
export interface LessonPlan {
  readonly horizon: number
  /** null: chosen by each fit. */
  readonly segment: number | null
  readonly hiddenSize: number
  /** null: found by each fit. */
  readonly season: number | null
}

/** Segment that is reckoned with while none is chosen. */
const USUAL_SEGMENT = 24
/** Steps of history that one fit learns from, over all its streams: bounds its memory and the time of one pass. */
const FIT_STEPS = 32_768
/** 400 updates at most; a fit that takes longer gives what it has by then. */
const SCHEDULE = { epochs: 8, updates: 50, maxSeconds: 30 }

/**
 * Grid steps of a stream that give the next fit a training part and a tail.
 * @param running what the fit goes on from: its segment is the one that counts; null before the first fit
 */
export function enough({ segment, horizon }: LessonPlan, running: SegmentModel | null): number {
  return enoughSteps(running?.spec.segment ?? segment ?? USUAL_SEGMENT, horizon)
}

/**
 * Of these streams those that the next fit learns from: as many as there is room for, first those that waited longest,
 * and one of each key, since the net has an embedding for each.
 * @param least grid steps that are {@link enough}
 */
export function chooseTeachers(least: number, states: readonly StreamState[]): StreamState[] {
  const keys = new Set<string>()
  return states
    .filter(({ history }) => length(history) >= least / 2)
    .sort((a, b) => a.taught - b.taught || length(b.history) - length(a.history))
    .filter(({ key }) => !keys.has(key) && keys.add(key))
    .slice(0, Math.max(1, Math.floor(FIT_STEPS / (2 * least))))
}

/**
 * What a fit is asked for, with copies of the streams' newest history. It goes on from `start`, which brings its own
 * shape.
 */
export function fitJob(
  plan: LessonPlan,
  states: readonly StreamState[],
  start: SegmentModel | null,
  seed: number,
): FitJob {
  const { horizon, segment, hiddenSize, season } = plan
  const steps = Math.max(2 * enough(plan, start), Math.floor(FIT_STEPS / states.length))
  return {
    horizon,
    segment,
    hiddenSize: start?.spec.hiddenSize ?? hiddenSize,
    season,
    scale: start?.spec.scale ?? 'running',
    table: false,
    series: states.map((state) => newest(state, steps)),
    start,
    seed,
    schedule: SCHEDULE,
    checkpoint: null,
    checkpoints: false,
  }
}

/** The season that all channels have; null where they have none in common. */
export function commonSeason([first, ...others]: readonly Channel[]): number | null {
  return first && others.every(({ season }) => season === first.season) ? first.season : null
}

/** The newest history of a stream. */
function newest({ key, history }: StreamState, steps: number): FitSeries {
  const { values, observed, end } = history
  const first = Math.max(history.first, end - steps)
  return {
    key,
    values: values.slice(first, end),
    observed: observed.slice(first, end),
    trainEnd: null,
  }
}

/** Skill of a fit on all that it held back: the mean of its series' own; 0 where nothing was. */
export function meanSkill(tailSkills: Float64Array): number {
  const known = tailSkills.filter(Number.isFinite)
  return known.reduce((sum, skill) => sum + skill / known.length, 0)
}
