import { randomNumbers } from './weights.mjs'

/** CPU spent on each contender before anything is timed: V8 has compiled its best code by then. */
const WARM_UP_MS = 300

/**
 * Times contenders in turn, round by round and in a new order each round.
 *
 * @param contenders [{ name, measure(steps): CPU microseconds per step }]
 * @param slotMs CPU milliseconds that each gets per round.
 * @returns { name: [microseconds per step, one a round] }
 */
export async function rounds(contenders, { count, slotMs }) {
  const random = randomNumbers(3)
  const slots = []
  for (const contender of contenders) {
    slots.push({ ...contender, steps: await calibrate(contender, slotMs), times: [] })
  }
  for (let round = 0; round < count; round++) {
    for (const slot of shuffled(slots, random)) slot.times.push(await slot.measure(slot.steps))
  }
  return Object.fromEntries(slots.map(({ name, times }) => [name, times]))
}

/** Warms a contender up, and finds how many of its steps fill a slot. */
async function calibrate({ measure }, slotMs) {
  let steps = 1
  let perStep = 0
  for (let spent = 0; spent < WARM_UP_MS; spent += (steps * perStep) / 1000) {
    steps = perStep > 0 ? stepsIn(slotMs, perStep) : Math.min(2 * steps, 1000)
    perStep = await measure(steps)
  }
  return stepsIn(slotMs, perStep)
}

const stepsIn = (ms, perStep) => Math.max(1, Math.round((1000 * ms) / perStep))

function shuffled(list, random) {
  const result = [...list]
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[result[i], result[j]] = [result[j], result[i]]
  }
  return result
}
