import type { Random } from '../../engine/random.ts'
import type { SplitSeries } from './data.ts'

/** Where walkers are, and the states that they have there. */
export interface WalkState {
  /** Series and next origin of each, [2 · walkers]. */
  readonly places: Int32Array
  /** [walkers][hidden]; zero at the start of a series. */
  readonly states: Float32Array
}

/**
 * Walkers through the training parts of series: each goes on from segment to segment of one series, on the state that
 * it has by then, as a live stream does; at the end it goes on with the start of another series.
 */
export interface Walk extends WalkState {
  /** Numbers of those whose turn it is, none of them twice. */
  choose(count: number, random: Random): Int32Array
  /** Brings a walker that is at the end of its series to the start of another; says whether it was. */
  turnBack(walker: number, random: Random): boolean
}

/**
 * Puts walkers anywhere, in the state zero.
 * @param width values of a state
 */
export function createWalk(
  series: readonly SplitSeries[],
  walkers: number,
  width: number,
  segment: number,
  random: Random,
): Walk {
  const rows = series.reduce((sum, { trainEnd }) => sum + trainEnd, 0)
  const places = new Int32Array(2 * walkers)
  const states = new Float32Array(walkers * width)
  const order = new Int32Array(walkers)

  /** Every row is equally likely. */
  const put = (walker: number, random: Random): void => {
    let at = random.integer(0, rows)
    let s = 0
    while (at >= series[s].trainEnd) at -= series[s++].trainEnd
    places[2 * walker] = s
    places[2 * walker + 1] = at
  }
  for (let walker = 0; walker < walkers; walker++) put(walker, random)

  return {
    places,
    states,
    choose(count, random) {
      // The first steps of a Fisher–Yates shuffle.
      for (let i = 0; i < walkers; i++) order[i] = i
      for (let i = 0; i < count; i++) {
        const other = random.integer(i, walkers)
        const chosen = order[other]
        order[other] = order[i]
        order[i] = chosen
      }
      return order.subarray(0, count)
    },
    turnBack(walker, random) {
      if (places[2 * walker + 1] < series[places[2 * walker]].trainEnd - 1) return false
      put(walker, random)
      places[2 * walker + 1] %= segment
      states.fill(0, walker * width, (walker + 1) * width)
      return true
    },
  }
}
