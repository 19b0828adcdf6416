import { createDeviceStepper } from '../../dist/src/engine/gpu/stepper.js'
import { measureCrossover } from './crossover.mjs'
import { drawModel, HIDDEN } from './model.mjs'
import { stepping } from './steppers.mjs'
import { BATCHES } from './throughput.mjs'

/** How long each size of batch is stepped before it is asked what runs it. */
const SETTLE_MS = 1000
const SETTLE_BATCHES = 30
/** Larger batches are slower; a slow machine does with fewer. */
const MOST_MS = 3000

/**
 * What the product's `auto` does with batches of several sizes, and from how many rows on the GPU really is faster.
 * @returns { choices: [{ hidden, batch, device, reason }], crossovers: [{ hidden, predicted, measured, points }] };
 * without the last three where nothing was calibrated
 */
export async function askAuto() {
  const choices = []
  const crossovers = []
  for (const hidden of HIDDEN) {
    const model = drawModel(hidden)
    const calibrations = new Map()
    for (const batch of BATCHES) {
      choices.push({ hidden, outputs: 1, batch, ...(await choose(model, batch, calibrations)) })
    }
    const [calibration] = calibrations.values()
    crossovers.push({ hidden, ...(calibration && (await measureCrossover(model, calibration))), calibration })
  }
  return { choices, crossovers }
}

async function choose(model, batch, calibrations) {
  const stepper = createDeviceStepper(model, { device: 'auto', lanes: batch, calibrations })
  await stepper.ready
  const step = stepping(stepper, batch)
  const begun = performance.now()
  for (let i = 0; i < SETTLE_BATCHES || performance.now() - begun < SETTLE_MS; i++) {
    if (performance.now() - begun > MOST_MS) break
    await step()
  }
  const { device, reason } = stepper
  await stepper.close()
  return { device, reason }
}
