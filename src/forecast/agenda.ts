/** A refit is due when the streams have grown by this factor, or by this many steps each. */
const GROWTH = 1.3
const STEPS = 1024

/** When the next fit is due. */
export interface Agenda {
  /** Grid steps of all streams so far, and how many make the next fit due. */
  total: number
  due: number
  /** Whether there are so many, and the worker has rested. */
  readonly isDue: boolean
  /** Puts the next fit off until the streams have grown. */
  postpone(streams: number, least: number): void
  /** The worker rests from now on for some milliseconds. */
  rest(milliseconds: number): void
}

/** @param first grid steps that make the first fit due */
export function createAgenda(first: number): Agenda {
  let until = 0
  return {
    total: 0,
    due: first,
    get isDue() {
      return this.total >= this.due && performance.now() >= until
    },
    postpone(streams, least) {
      this.due = Math.max(least, Math.min(this.total * GROWTH, this.total + STEPS * streams))
    },
    rest(milliseconds) {
      until = performance.now() + milliseconds
    },
  }
}
