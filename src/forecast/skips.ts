import type { GridState } from './grid.ts'
import type { Reading } from './types.ts'

/** Why a reading far ahead of the grid waits. */
export function aheadMessage({ time }: Reading, { cutoff, period }: GridState): string {
  const steps = Math.round((time - cutoff) / period)
  return `reading of ${iso(time)} is ${steps} steps of ${Math.round(period)} ms ahead: the next one has to confirm it`
}

/** Why a reading that is placed nowhere is passed over. */
export function skipMessage(kind: 'duplicate' | 'extra' | 'late', reading: Reading, grid: GridState): string {
  const at = iso(reading.time)
  if (kind === 'duplicate') return `reading of ${at} was already taken in`
  const step = `the grid step of ${iso(grid.cutoff)} (period ${Math.round(grid.period)} ms)`
  return kind === 'extra'
    ? `reading of ${at} is a second one in ${step}`
    : `reading of ${at} is older than ${step}`
}

/** A time in ms since the epoch as text. */
export function iso(time: number): string {
  return new Date(time).toISOString()
}
