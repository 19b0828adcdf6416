// From a model to its first step, in a process that has never run the kernels: see ../start.mjs.
import { instantiate } from '../../dist/src/engine/wasm/module.js'
import { wasmBackend } from '../../dist/src/engine/wasm/wasm.js'
import { createStepper } from '../../dist/src/index.js'
import { answer, givenTask } from '../lib/fresh.mjs'
import { gruflowModel } from '../lib/model.mjs'
import { drawWeights } from '../lib/weights.mjs'

const { shape, build } = givenTask()
const model = gruflowModel(shape, drawWeights(shape))
const x = new Float32Array(shape.inputSize).fill(0.5)
const begun = performance.now()
instantiate(build)
const instantiated = performance.now()
// Instantiates once more, which costs little beside packing the weights.
const stepper = createStepper(model, { backend: wasmBackend(build) })
const opened = performance.now()
stepper.step([0], x)
const stepped = performance.now()
answer({ kernels: instantiated - begun, pack: opened - instantiated, first: stepped - opened })
