import type { FitJob, FitSeries, SegmentSpec } from '../learn/segment/types.ts'
import { length } from './history.ts'
import { scaleOf } from './scale.ts'
import type { StreamState } from './stream.ts'

/** Steps of history that one fit learns from, over all its streams: bounds its memory and the time of one pass. */
const FIT_STEPS = 32_768
const FIT_UPDATES = 400
/** A fit that takes longer gives what it has by then. */
const FIT_SECONDS = 30

/** Grid steps of a stream that give a fit a training part and a tail. */
export function enoughSteps({ segment, horizon }: SegmentSpec): number {
  return 2 * (segment + horizon)
}

/** Of these streams those that the next fit learns from: as many as there is room for, first those that waited longest. */
export function chooseTeachers(spec: SegmentSpec, states: readonly StreamState[]): StreamState[] {
  return states
    .filter(({ history }) => length(history) >= spec.segment + spec.horizon)
    .sort((a, b) => a.taught - b.taught || length(b.history) - length(a.history))
    .slice(0, Math.max(1, Math.floor(FIT_STEPS / (2 * enoughSteps(spec)))))
}

/** What a fit is asked for, with copies of the streams' newest history. */
export function fitJob(
  spec: SegmentSpec,
  states: readonly StreamState[],
  rest: Pick<FitJob, 'weights' | 'seed'> & Pick<FitSeries, 'season'>,
): FitJob {
  const { season, ...job } = rest
  const steps = Math.max(2 * enoughSteps(spec), Math.floor(FIT_STEPS / states.length))
  return {
    ...job,
    spec,
    series: states.map((state) => ({ ...newest(state, steps), season })),
    maxUpdates: FIT_UPDATES,
    maxSeconds: FIT_SECONDS,
  }
}

function newest({ key, history, scale }: StreamState, steps: number): Omit<FitSeries, 'season'> {
  const { values, observed, end } = history
  const first = Math.max(history.first, end - steps)
  return {
    key,
    values: values.slice(first, end),
    observed: observed.slice(first, end),
    scale: scaleOf(scale, values[end - 1]),
  }
}
