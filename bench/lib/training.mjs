import { randomNumbers } from './weights.mjs'

/** The batch that is measured, and the updates by which numbers are compared. */
export const BATCH = 32
export const TIME = 48
export const UPDATES = 20
export const LEARNING_RATE = 1e-3

/** An output of one number on top, and what it should be at each of the batch's steps. */
export function drawTask({ hiddenSize }) {
  const random = randomNumbers(4)
  const bound = 1 / Math.sqrt(hiddenSize)
  const draw = (length, limit) => Float32Array.from({ length }, () => limit * (2 * random() - 1))
  return { headW: draw(hiddenSize, bound), headB: draw(1, bound), target: draw(BATCH * TIME, 1) }
}
