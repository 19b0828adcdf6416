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

/** Exponential means over the forecasts of one step ahead. */
export interface StepMeans {
  count: number
  mae: number
  naive: number
  covered: number
  width: number
  seasonalCount: number
  /** Of readings of which the seasonal value was known. */
  seasonalMae: number
  seasonal: number
}

export function startMeans(): StepMeans {
  return {
    count: 0,
    mae: 0,
    naive: 0,
    covered: 0,
    width: 0,
    seasonalCount: 0,
    seasonalMae: 0,
    seasonal: 0,
  }
}

/** A pair whose error is not finite teaches nothing: one overflow would spoil the means for good. */
export function learnPair(means: StepMeans, value: number, pair: Pair, window: number): void {
  const error = Math.abs(value - pair.mean)
  const naive = Math.abs(value - pair.naive)
  const width = pair.upper - pair.lower
  if (!Number.isFinite(error + naive + width)) return
  means.count++
  const rate = 1 / Math.min(means.count, window)
  means.mae += rate * (error - means.mae)
  means.naive += rate * (naive - means.naive)
  means.width += rate * (width - means.width)
  const covered = value >= pair.lower && value <= pair.upper ? 1 : 0
  means.covered += rate * (covered - means.covered)
  const seasonal = Math.abs(value - pair.seasonal)
  if (!Number.isFinite(seasonal)) return
  means.seasonalCount++
  const seasonalRate = 1 / Math.min(means.seasonalCount, window)
  means.seasonalMae += seasonalRate * (error - means.seasonalMae)
  means.seasonal += seasonalRate * (seasonal - means.seasonal)
}

/**
 * The figures of one or several steps, each step counting the same.
 * @param change mean absolute change of the stream
 */
export function figuresOf(steps: readonly StepMeans[], change: number): Figures {
  const known = steps.filter(({ count }) => count > 0)
  const seasonal = steps.filter(({ seasonalCount }) => seasonalCount > 0)
  const mae = mean(known, 'mae')
  return {
    mae,
    mase: mae !== null && change > 0 ? finite(mae / change) : null,
    skill: skill(mae, mean(known, 'naive')),
    seasonalSkill: skill(mean(seasonal, 'seasonalMae'), mean(seasonal, 'seasonal')),
    measuredCoverage: mean(known, 'covered'),
    width: mean(known, 'width'),
  }
}

function mean(steps: readonly StepMeans[], name: keyof StepMeans): number | null {
  if (steps.length === 0) return null
  return finite(steps.reduce((sum, step) => sum + step[name] / steps.length, 0))
}

/** 0 where both are perfect; null where only the other one is, because no number says how much better that is. */
function skill(mae: number | null, other: number | null): number | null {
  if (mae === null || other === null) return null
  if (other === 0) return mae === 0 ? 0 : null
  return finite(1 - mae / other)
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null)
