import { crossover } from '../../dist/src/engine/gpu/calibrate.js'
import { createDeviceStepper } from '../../dist/src/engine/gpu/stepper.js'
import { drawInputs } from '../lib/weights.mjs'
import { allLanes, drawModel } from './model.mjs'

/** How long each size of batch is stepped before it is asked what runs it. */
const SETTLE_MS = 1000
const SETTLE_BATCHES = 30

/**
 * What the product's `auto` does with batches of the sizes that were measured, and what it calibrated before.
 *
 * @param cells what `measureThroughput` found
 * @returns [{ hidden, batch, device, reason }] and { hidden: calibration }
 */
export async function askAuto(cells) {
  const choices = []
  const calibrated = {}
  for (const hidden of new Set(cells.map((cell) => cell.hidden))) {
    const calibrations = new Map()
    for (const { batch } of cells.filter((cell) => cell.hidden === hidden)) {
      choices.push({ hidden, batch, ...(await choose(drawModel(hidden), batch, calibrations)) })
    }
    calibrated[hidden] = [...calibrations.values()][0]
  }
  return { choices, calibrated }
}

async function choose(model, batch, calibrations) {
  const stepper = createDeviceStepper(model, { device: 'auto', lanes: batch, calibrations })
  await stepper.ready
  const lanes = allLanes(batch)
  const [input] = drawInputs(model.spec, batch, 1)
  const begun = performance.now()
  for (let i = 0; i < SETTLE_BATCHES || performance.now() - begun < SETTLE_MS; i++) {
    if (performance.now() - begun > 10 * SETTLE_MS) break
    await stepper.step(lanes, input)
  }
  const { device, reason } = stepper
  await stepper.close()
  return { device, reason }
}

/**
 * Rows from which on the GPU is faster, by hidden size: between those that were measured, and by the calibration. The
 * fewest rows where it always is, infinite where it never is.
 */
export function crossoversOf(cells, calibrated) {
  return Object.entries(calibrated).map(([hidden, calibration]) => {
    const row = cells.filter((cell) => cell.hidden === Number(hidden))
    const measured = {
      rows: row.map(({ batch }) => batch),
      gpu: row.map(() => 1),
      wasm: row.map(({ speedUp }) => speedUp.median),
    }
    return {
      hidden: Number(hidden),
      measured: crossover(measured),
      predicted: calibration && crossover(calibration),
    }
  })
}
