import { learnScale, type ScaleState, startScale } from '../../learn/segment/scale.ts'
import type { History } from '../history.ts'

/** Takes the value at `t` into a running scale as a fit does: with its change over `lag` steps, or since the first value. */
export function learnAt(scale: ScaleState, { values, first }: History, t: number, lag: number): void {
  if (t > first) learnScale(scale, values[t] - values[Math.max(t - lag, first)], lag)
}

/** The running scale at the newest value, had it been `lag` for all of the history that is held. */
export function replayScale(history: History, lag: number): ScaleState {
  const scale = startScale()
  for (let t = history.first; t < history.end; t++) learnAt(scale, history, t, lag)
  return scale
}
