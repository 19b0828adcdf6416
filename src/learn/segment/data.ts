import { detectSeason } from './season.ts'
import type { FitSeries, SegmentSpec } from './types.ts'

/** One series, split in time order: origins before `trainEnd` are learned from, later ones judge. */
export interface SplitSeries extends FitSeries {
  /** Season in use; 0 = none. */
  readonly lag: number
  /** Origins 0..trainEnd−1 have all their targets before the tail. */
  readonly trainEnd: number
  /** Origins tailStart..tailEnd−1 are issued in the tail and have all their targets. */
  readonly tailStart: number
  readonly tailEnd: number
}

/** Share of a series that is held back to judge. */
const TAIL = 0.2

/** Finds each series' season and splits it; a series too short for a tail only teaches. */
export function splitSeries({ segment, horizon }: SegmentSpec, series: readonly FitSeries[]): SplitSeries[] {
  return series.map((one) => {
    const n = one.values.length
    const tail = n < 2 * (segment + horizon) ? 0 : Math.max(Math.ceil(TAIL * n), horizon + segment / 2)
    const cut = n - tail
    const lag = one.season ?? detectSeason(one.values)
    return {
      ...one,
      lag,
      trainEnd: Math.max(0, cut - horizon),
      tailStart: cut - 1,
      tailEnd: tail === 0 ? cut - 1 : n - horizon,
    }
  })
}
