import type { Backend } from '../backend.ts'
import { openLanes } from './lanes.ts'
import { fastestBuild, type WasmBuild } from './module.ts'
import { project } from './project.ts'

/**
 * 128-bit SIMD kernels in float32, of one build.
 *
 * Its first use throws an Error when this runtime does not accept the build: `relaxed` needs Node.js 22, or 20 with
 * `--experimental-wasm-relaxed-simd`. Results of the two builds differ by rounding.
 */
export function wasmBackend(build: WasmBuild): Backend {
  return {
    name: 'wasm',
    device: build === 'relaxed' ? 'cpu:wasm-relaxed' : 'cpu:wasm',
    open: (model, lanes) => openLanes(build, model, lanes),
    project: (model, y) => project(build, model, y),
  }
}

/** The fastest build that this runtime accepts, found out at first use. The default. */
export const wasm: Backend = {
  name: 'wasm',
  get device() {
    return fastest().device
  },
  open: (model, lanes) => fastest().open(model, lanes),
  project: (model, y) => fastest().project(model, y),
}

let found: Backend | undefined

function fastest(): Backend {
  found ??= wasmBackend(fastestBuild())
  return found
}
