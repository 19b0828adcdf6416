import { createDeviceStepper } from '../../dist/src/engine/gpu/stepper.js'
import { createStepper } from '../../dist/src/engine/stepper.js'
import { wasm, wasmBackend } from '../../dist/src/engine/wasm/wasm.js'
import { RELAXED_SIMD } from '../lib/relaxed.mjs'
import { drawInputs } from '../lib/weights.mjs'
import { allLanes } from './model.mjs'

const INPUTS_IN_TURN = 4

/** The model on the GPU. @throws Error with the product's reason when it does not run there */
export async function openGpu(model, lanes) {
  const stepper = createDeviceStepper(model, { device: 'gpu', lanes })
  await stepper.ready
  onGpu(stepper)
  return stepper
}

/** @throws Error with the product's reason when steps do not run on the GPU (any more) */
export function onGpu(stepper) {
  if (!isOnGpu(stepper)) throw new Error(`on ${stepper.device}: ${stepper.reason}`)
}

export const isOnGpu = ({ device }) => device.startsWith('gpu:')

/** The model in WASM, as one calls it without a GPU: nothing waits for anything. The fastest build. */
export const openWasm = (model, lanes) => createStepper(model, { lanes })

/** As `openWasm`, with the build that Node.js offers by itself, as to the process that calibrates. */
export const openUsualWasm = (model, lanes) =>
  createStepper(model, { lanes, backend: RELAXED_SIMD.length > 0 ? wasmBackend('baseline') : wasm })

/** A function that steps the first `batch` streams. */
export function stepping(stepper, batch) {
  const lanes = allLanes(batch)
  const inputs = drawInputs(stepper.model.spec, batch, INPUTS_IN_TURN)
  let next = 0
  return () => stepper.step(lanes, inputs[next++ % INPUTS_IN_TURN])
}
