import { detectSeason } from '../learn/segment/season.ts'
import type { History } from './history.ts'

/** What is known of a stream's regular pattern; plain numbers. */
export interface PatternState {
  /** Grid steps of the pattern that its values show; 0 = none seen. */
  season: number
  /** Grid steps after which they are searched again. */
  lookAt: number
}

/** Grid steps before the first search. */
const FIRST = 48
/** Newest values that are searched: a search takes the square of them. */
const NEWEST = 2048
/** Repetitions of a known season that must be held to look for another: fewer, as after a gap, say nothing against it. */
const REPEATS = 3
/** Factor of the grid steps from one search to the next: they cost little each reading, on the average. */
const AGAIN = 1.5

export function startPattern(): PatternState {
  return { season: 0, lookAt: FIRST }
}

/** Looks for a regular pattern in the newest values when it is time. */
export function lookForPattern(state: PatternState, { values, first, end }: History, steps: number): void {
  if (steps < state.lookAt || end - first < Math.max(FIRST, REPEATS * state.season)) return
  state.lookAt = Math.ceil(AGAIN * steps)
  state.season = detectSeason(values.slice(Math.max(first, end - NEWEST), end))
}
