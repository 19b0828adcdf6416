import { type SpreadState, spreadDeviation } from './spread.ts'

/** How long a stream has had values like none before; a plain number, so that it can be saved. */
export interface GuardState {
  /** Such values in a row. */
  run: number
}

/** Values from which it is known what is usual. */
const USUAL = 32
/** Standard deviations from the mean, and from the last usual value, beyond which a value is like none before. */
const FAR = 20
/** Such values in a row after which they are a new level. */
export const LEVEL = 24

/**
 * Whether a value is one that a stream may have: what a sensor sends when it fails (−9999, 1e6) is not learned from. A
 * value that lasts is believed, for levels do change.
 * @param last the newest value that was believed
 */
export function isUsual(state: GuardState, spread: SpreadState, value: number, last: number): boolean {
  const far = FAR * spreadDeviation(spread)
  const usual =
    spread.count < USUAL || far === 0 || Math.abs(value - spread.mean) <= far || Math.abs(value - last) <= far
  state.run = usual ? 0 : state.run + 1
  if (state.run < LEVEL) return usual
  state.run = 0
  return true
}
