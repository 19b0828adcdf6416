import { roundsOr } from '../lib/results.mjs'
import { rounds } from '../lib/rounds.mjs'

const USUAL_ROUNDS = roundsOr(15)
/** Slow devices make fewer rounds, but never fewer than these. */
const FEWEST_ROUNDS = 5
const SLOT_MS = 40
const PAIR_MS = 8000

/** Whether a device was so slow that its figures are of fewer rounds than the others'. */
export const isSlow = (rounds) => rounds < USUAL_ROUNDS

/**
 * Milliseconds on the clock of the wall, because a GPU's work is nobody's CPU time: devices take turns in rounds.
 *
 * @param calls { name: function to be timed }
 * @returns { name: [milliseconds of one call, one a round] }
 */
export async function takeTurns(calls) {
  const contenders = Object.entries(calls).map(([name, call]) => ({ name, measure: (n) => wall(call, n) }))
  let once = 0
  for (const { measure } of contenders) {
    await measure(1)
    once += Math.max(SLOT_MS, (await measure(1)) / 1000)
  }
  const count = Math.min(USUAL_ROUNDS, Math.max(FEWEST_ROUNDS, Math.floor(PAIR_MS / once)))
  const times = await rounds(contenders, { count, slotMs: SLOT_MS })
  return Object.fromEntries(Object.entries(times).map(([name, us]) => [name, us.map((t) => t / 1000)]))
}

/** Microseconds of one call, as `rounds` wants it. */
async function wall(call, count) {
  const begun = performance.now()
  for (let i = 0; i < count; i++) await call()
  return (1000 * (performance.now() - begun)) / count
}
