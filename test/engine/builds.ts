import { setFlagsFromString } from 'node:v8'
import type { Backend } from '../../src/engine/backend.ts'
import { createModel } from '../../src/engine/model.ts'
import { reference } from '../../src/engine/reference.ts'
import { gruSpec } from '../../src/engine/spec.ts'
import { fastestBuild } from '../../src/engine/wasm/module.ts'
import { wasmBackend } from '../../src/engine/wasm/wasm.ts'

/** What V8 before 11.4 takes relaxed SIMD with; later versions need no flag. */
const FLAG = 'experimental-wasm-relaxed-simd'

export const baseline: Backend = wasmBackend('baseline')
export const relaxed: Backend = wasmBackend('relaxed')

/** Whether this runtime takes relaxed SIMD as it was started. */
export const acceptsRelaxed: boolean = fastestBuild() === 'relaxed'

// A build is compiled once. The flag is taken back, so that everything else runs as it does for users.
if (!acceptsRelaxed) {
  setFlagsFromString(`--${FLAG}`)
  relaxed.open(createModel(gruSpec({ inputSize: 1, hiddenSize: 1, biases: 0 }), new Float32Array(6)), 1)
  setFlagsFromString(`--no-${FLAG}`)
}

/** Both builds of the kernels. */
export const builds: readonly Backend[] = [baseline, relaxed]
/** Every backend. */
export const backends: readonly Backend[] = [reference, ...builds]
