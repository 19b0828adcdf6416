import { createIntervals, type Intervals, startIntervals } from '../../../src/forecast/interval/intervals.ts'

/** Errors of a forecaster, and the sides of its net's interval, as they come one reading after the other. */
export interface Simulated {
  readonly horizon: number
  readonly coverages: readonly number[]
  readonly readings: number
  /** y − ŷ of the forecast of step h issued at `origin`. */
  error(origin: number, h: number): number
  /** Sides of the net's interval issued at `origin`; absent: no net speaks. */
  sides?(origin: number, h: number): readonly [below: number, above: number]
}

/** What was issued at one origin. */
export interface Issued {
  readonly down: Float32Array
  readonly up: Float32Array
}

/** Runs intervals through a stream with the true delays. */
export function simulate(
  { horizon, coverages, readings, error, sides }: Simulated,
  intervals: Intervals = createIntervals(coverages, startIntervals(horizon, coverages)),
): Issued[] {
  const issued: Issued[] = []
  const side = (origin: number, h: number, which: 0 | 1): number => sides?.(origin, h)[which] ?? Number.NaN
  const at = (of: Float32Array, h: number): number[] => coverages.map((_, c) => of[c * horizon + h])
  for (let now = 0; now < readings; now++) {
    for (let h = 0; h < Math.min(horizon, now); h++) {
      const origin = now - 1 - h
      const { down, up } = issued[origin]
      intervals.learn(h, error(origin, h), side(origin, h, 0), side(origin, h, 1), at(down, h), at(up, h))
    }
    const down = new Float32Array(coverages.length * horizon)
    const up = new Float32Array(coverages.length * horizon)
    const all = (which: 0 | 1): Float32Array =>
      Float32Array.from(down.subarray(0, horizon), (_, h) => side(now, h, which))
    intervals.issue(all(0), all(1), down, up)
    issued.push({ down, up })
  }
  return issued
}

/** Share of the truths of step h, from origin `from` on, that lay within the interval of coverage c. */
export function shareHeld(
  stream: Simulated,
  issued: readonly Issued[],
  c: number,
  h: number,
  from = 0,
): number {
  const at = c * stream.horizon + h
  const hits = issued.slice(from).filter(({ down, up }, i) => {
    const error = stream.error(from + i, h)
    return error <= up[at] && -error <= down[at]
  })
  return hits.length / (issued.length - from)
}

/** Mean Winkler score of step h, from origin `from` on. */
export function winkler(
  stream: Simulated,
  issued: readonly Issued[],
  c: number,
  h: number,
  from: number,
): number {
  const at = c * stream.horizon + h
  const price = 2 / (1 - stream.coverages[c])
  const scores = issued.slice(from).map(({ down, up }, i) => {
    const error = stream.error(from + i, h)
    return down[at] + up[at] + price * Math.max(error - up[at], -error - down[at], 0)
  })
  return scores.reduce((sum, score) => sum + score) / scores.length
}
