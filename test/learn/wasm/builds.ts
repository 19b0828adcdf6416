import { fastestBuild, type WasmBuild } from '../../../src/engine/wasm/module.ts'

/** Those that this runtime accepts: Node.js 20 takes relaxed SIMD only with `--experimental-wasm-relaxed-simd`. */
export const builds: readonly WasmBuild[] =
  fastestBuild() === 'relaxed' ? ['baseline', 'relaxed'] : ['baseline']
