import { LINE, reserve } from '../../engine/wasm/memory.ts'
import { fastestBuild, type WasmBuild } from '../../engine/wasm/module.ts'
import { padded } from '../../engine/wasm/pack.ts'
import { instantiateLearning, type LearnKernels } from './kernels.ts'

/** Bytes of a value. */
export const BYTES = 4

/** The memory of one training run, which only grows: an instance of the kernels and what was taken of its memory. */
export interface Arena {
  readonly kernels: LearnKernels
  /** Takes room for so many values, all 0, aligned to a cache line; returns its address. */
  take(values: number): number
  /** A view of values; it is valid until the next `take`. */
  view(address: number, values: number): Float32Array
}

/**
 * Opens an instance of the kernels with a memory of its own.
 * @throws Error when this runtime does not accept the build
 */
export function createArena(build: WasmBuild = fastestBuild()): Arena {
  const kernels = instantiateLearning(build)
  let end = kernels.begin() / BYTES
  return {
    kernels,
    take(values) {
      const at = end
      end = padded(end + values, LINE)
      reserve(kernels, end, 'weights and states of the training')
      return at * BYTES
    },
    view: (address, values) => new Float32Array(kernels.memory.buffer, address, values),
  }
}

/** Rows and columns of states as the products want them: rows in fours, columns in eights. */
export const paddedRows = (rows: number): number => padded(rows, 4)
export const paddedCols = (cols: number): number => padded(cols, 8)
