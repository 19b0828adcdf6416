import type { Pair } from './scorePairs.ts'

/** How good forecasts have been lately. A figure for which nothing is known yet is null. */
export interface Figures {
  /** Mean absolute error, in the sensor's own unit. */
  readonly mae: number | null
  /** MAE in mean absolute changes of the stream, over one season where it is known, else over one step. */
  readonly mase: number | null
  /** 1 − MAE / MAE of the last value, on the same readings; below 0: worse than that. */
  readonly skill: number | null
  /** 1 − MAE / MAE of the value one season before, on the same readings; null without a season. */
  readonly seasonalSkill: number | null
  /** Share of readings inside their interval, 0–1. */
  readonly measuredCoverage: number | null
  /** Mean width of the interval, in the sensor's own unit. */
  readonly width: number | null
}

/** Exponential means over the forecasts of each step that is scored: a row of numbers for each step. */
export type StepMeans = Float64Array

/** Places in a row. */
const COUNT = 0
const MAE = 1
const NAIVE = 2
const COVERED = 3
const WIDTH = 4
/** Of the readings of which the seasonal value was known. */
const SEASONAL_COUNT = 5
const SEASONAL_MAE = 6
const SEASONAL = 7
const ROW = 8

export function startMeans(steps: number): StepMeans {
  return new Float64Array(steps * ROW)
}

/** A pair whose error is not finite teaches nothing: one overflow would spoil the means for good. */
export function learnPair(means: StepMeans, value: number, pair: Pair, window: number): void {
  const { index, mean, lower, upper, naive, seasonal } = pair
  const row = index * ROW
  const error = Math.abs(value - mean)
  const naiveError = Math.abs(value - naive)
  const width = upper - lower
  if (!Number.isFinite(error + naiveError + width)) return
  const rate = 1 / Math.min(++means[row + COUNT], window)
  means[row + MAE] += rate * (error - means[row + MAE])
  means[row + NAIVE] += rate * (naiveError - means[row + NAIVE])
  means[row + WIDTH] += rate * (width - means[row + WIDTH])
  const covered = value >= lower && value <= upper ? 1 : 0
  means[row + COVERED] += rate * (covered - means[row + COVERED])
  const seasonalError = Math.abs(value - seasonal)
  if (!Number.isFinite(seasonalError)) return
  const seasonalRate = 1 / Math.min(++means[row + SEASONAL_COUNT], window)
  means[row + SEASONAL_MAE] += seasonalRate * (error - means[row + SEASONAL_MAE])
  means[row + SEASONAL] += seasonalRate * (seasonalError - means[row + SEASONAL])
}

/**
 * The figures of one or several steps, each step counting the same.
 * @param change mean absolute change of the stream
 */
export function figuresOf(means: StepMeans, change: number): Figures {
  const mae = mean(means, MAE, COUNT)
  return {
    mae,
    mase: mae !== null && change > 0 ? finite(mae / change) : null,
    skill: skill(mae, mean(means, NAIVE, COUNT)),
    seasonalSkill: skill(mean(means, SEASONAL_MAE, SEASONAL_COUNT), mean(means, SEASONAL, SEASONAL_COUNT)),
    measuredCoverage: mean(means, COVERED, COUNT),
    width: mean(means, WIDTH, COUNT),
  }
}

/** The rows of the first and of the last step. */
export const firstRow = (means: StepMeans): StepMeans => means.subarray(0, ROW)
export const lastRow = (means: StepMeans): StepMeans => means.subarray(-ROW)

/** Mean of one figure over the steps that have any. */
function mean(means: StepMeans, figure: number, count: number): number | null {
  let known = 0
  let sum = 0
  for (let row = 0; row < means.length; row += ROW) {
    if (means[row + count] === 0) continue
    known++
    sum += means[row + figure]
  }
  return known === 0 ? null : finite(sum / known)
}

/** 0 where both are perfect; null where only the other one is, because no number says how much better that is. */
function skill(mae: number | null, other: number | null): number | null {
  if (mae === null || other === null) return null
  if (other === 0) return mae === 0 ? 0 : null
  return finite(1 - mae / other)
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null)
