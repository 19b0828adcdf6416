import { learnScale, scaleLag, scaleOf, startScale, unitOf } from './scale.ts'
import type { FitSeries, ScaleKind } from './types.ts'

/** One series, split in time order: what comes before `trainEnd` is learned from, what comes after judges. */
export interface SplitSeries {
  readonly key: string
  readonly values: Float64Array
  readonly observed: Uint8Array
  /** Standard deviation of what is learned from. */
  readonly unit: number
  /** Steps of the regular pattern; 0 = none. */
  readonly season: number
  /** Targets that are learned from lie before it. */
  readonly trainEnd: number
  /** Origins tailStart..tailEnd−1 are issued at the end of the training part or later, and have targets after it. */
  readonly tailStart: number
  readonly tailEnd: number
}

/** Share of a series that is held back to judge. */
const TAIL = 0.2

/** Grid steps of a stream that give a fit a training part and a part that judges. */
export function enoughSteps(segment: number, horizon: number): number {
  return 2 * (segment + horizon)
}

/** Splits a series where it says, or holds back its newest part; a series too short for that only teaches. */
export function splitSeries(
  series: FitSeries,
  season: number,
  segment: number,
  horizon: number,
): SplitSeries {
  const { key, values, observed } = series
  const n = values.length
  const own = n < enoughSteps(segment, horizon) ? n : n - Math.max(Math.ceil(TAIL * n), horizon + segment / 2)
  const trainEnd = Math.floor(series.trainEnd ?? own)
  // Every origin has the whole horizon before it, unless there is none such.
  const whole = n - horizon
  const tailEnd = trainEnd === n ? trainEnd - 1 : whole >= trainEnd ? whole : n - 1
  const unit = unitOfValues(values.subarray(0, trainEnd), observed)
  return { key, values, observed, unit, season, trainEnd, tailStart: trainEnd - 1, tailEnd }
}

/** Unit of a series: the standard deviation of what was observed. */
function unitOfValues(values: Float64Array, observed: Uint8Array): number {
  let count = 0
  let mean = 0
  let squares = 0
  for (let t = 0; t < values.length; t++) {
    if (observed[t] === 0) continue
    count++
    const change = values[t] - mean
    mean += change / count
    squares += change * (values[t] - mean)
  }
  return unitOf(count > 0 ? Math.sqrt(squares / count) : 0, mean)
}

/** The unit of changes at every step of a series, as a live stream would have it there. */
export function scalesOf(
  kind: ScaleKind,
  { values, unit, season }: SplitSeries,
  segment: number,
): Float64Array {
  const lag = scaleLag(season, segment)
  const scale = startScale()
  return values.map((value, t) => {
    if (t > 0) learnScale(scale, value - values[Math.max(t - lag, 0)], lag)
    return scaleOf(kind, scale, unit, segment)
  })
}
