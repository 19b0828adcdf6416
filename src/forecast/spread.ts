import { unitOf } from '../learn/segment/scale.ts'

/** Running mean, deviation and range of one stream's values; plain numbers, so that it can be saved. */
export interface SpreadState {
  count: number
  mean: number
  /** Sum of squared deviations. */
  squares: number
  least: number
  most: number
}

/** One value is taken to lie at most this many standard deviations from the mean so far. */
const OUTLIER = 8
/** Share of the range of all values by which a forecast may lie outside of it. */
const BEYOND = 0.1
/** Values before outliers are cut. */
const SETTLED = 16

export function startSpread(): SpreadState {
  return { count: 0, mean: 0, squares: 0, least: Number.POSITIVE_INFINITY, most: Number.NEGATIVE_INFINITY }
}

/** Takes one value in (Welford 1962); a wild one only in part. */
export function learnSpread(spread: SpreadState, value: number): void {
  const most = OUTLIER * Math.sqrt(spread.squares / spread.count)
  const change = value - spread.mean
  const settled = spread.count >= SETTLED && most > 0
  const taken = settled ? Math.min(Math.max(change, -most), most) : change
  spread.count++
  spread.mean += taken / spread.count
  spread.least = Math.min(spread.least, value)
  spread.most = Math.max(spread.most, value)
  spread.squares += taken * taken * (1 - 1 / spread.count)
}

/** Population standard deviation of the values so far; 0 before any. */
export function spreadDeviation({ count, squares }: SpreadState): number {
  return Math.sqrt(squares / Math.max(count, 1))
}

/** Cuts ŷ − x to what leads to the values that were seen, and a tenth of their range beyond. */
export function cutChanges({ least, most }: SpreadState, from: number, changes: Float64Array): void {
  const beyond = BEYOND * (most - least)
  const lowest = least - beyond - from
  const highest = most + beyond - from
  for (let h = 0; h < changes.length; h++) changes[h] = Math.min(Math.max(changes[h], lowest), highest)
}

/** Unit of a stream that no fit has given one: the population standard deviation of its values so far, never 0. */
export function spreadUnit(spread: SpreadState): number {
  return unitOf(spreadDeviation(spread), spread.mean)
}
