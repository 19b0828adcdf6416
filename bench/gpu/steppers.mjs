import { createDeviceStepper } from '../../dist/src/engine/gpu/stepper.js'
import { createStepper } from '../../dist/src/engine/stepper.js'

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

/** The model in WASM, as one calls it without a GPU: nothing waits for anything. */
export const openWasm = (model, lanes) => createStepper(model, { lanes })
