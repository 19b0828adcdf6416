import { randomNumbers } from './weights.mjs'

/** The net that a table of hourly readings gets when it is forecast 96 rows ahead. */
export const SPEC = {
  segment: 24,
  horizon: 96,
  hiddenSize: 64,
  seasonal: false,
  scale: 'fixed',
  channels: 7,
}
/** As many rows as the parts of ETTh1 that teach, choose and test. */
export const ROWS = 11_520
/** Segments and lanes of one update, and the inputs of a segment: its values and its change. */
export const STEPS = 4
export const LANES = 64
export const FEATURES = SPEC.segment + 1
/** Updates by which numbers are compared. */
export const UPDATES = 20
export const LEARNING_RATE = 1e-3

/** Columns with a day, a week, and noise that stays for some hours. */
export function drawColumns() {
  const random = randomNumbers(5)
  return Array.from({ length: SPEC.channels }, (_, c) => {
    let noise = 0
    const values = Float64Array.from({ length: ROWS }, (_, t) => {
      noise = 0.9 * noise + random() - 0.5
      return 10 * c + 3 * Math.sin((2 * Math.PI * t) / 24 + c) + Math.sin((2 * Math.PI * t) / 168) + noise
    })
    return { name: `column ${c}`, values }
  })
}

/** A batch beside its features: states of the lanes, changes that come, and streams, one of which is not known. */
export function drawBatch() {
  const random = randomNumbers(4)
  const draw = (length) => Float32Array.from({ length }, () => 2 * random() - 1)
  const { horizon, hiddenSize, channels } = SPEC
  return {
    h: draw(LANES * hiddenSize),
    target: draw(STEPS * LANES * horizon),
    channel: Int32Array.from({ length: LANES }, (_, lane) => (lane % (channels + 1)) - 1),
  }
}
