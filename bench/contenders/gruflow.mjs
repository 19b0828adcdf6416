import { fastestBuild } from '../../dist/src/engine/wasm/module.js'
import { wasmBackend } from '../../dist/src/engine/wasm/wasm.js'
import { createStepper } from '../../dist/src/index.js'
import { gruflowModel } from '../lib/model.mjs'

/** Builds of the kernels that this Node.js runs. */
export const builds = fastestBuild() === 'relaxed' ? ['baseline', 'relaxed'] : ['baseline']

/** GRUflow by its public stepper, which checks every lane and every input. */
export function open(shape, weights, streams, build) {
  const stepper = createStepper(gruflowModel(shape, weights), {
    lanes: streams,
    backend: wasmBackend(build),
  })
  const lanes = Uint32Array.from({ length: streams }, (_, lane) => lane)
  return { name: `GRUflow ${build}`, step: (x) => stepper.step(lanes, x) }
}
