import type { CellLayout } from '../../layout.ts'
import type { GruSpec } from '../../spec.ts'
import type { GpuJs, Handle, Kernel } from './gpujs.ts'
import { cellSources, HEAD_SOURCE } from './kernels.ts'

/** Rows of one plane of a result: fewer than 65,535 groups of 8. */
const PLANE = 2 ** 19

/** The size of a result of so many rows. */
export function planes(width: number, rows: number): readonly [number, number, number] {
  const depth = Math.ceil(rows / PLANE)
  return [width, Math.ceil(rows / depth), depth]
}

/** Kernels by what they compute, so that pools of one shape compile them once. */
export interface KernelCache {
  take(source: string, constants: Readonly<Record<string, number>>, turn: number): Kernel
  /** Destroys a kernel that nobody has any more. */
  release(kernel: Kernel): void
}

export function createKernelCache(js: GpuJs): KernelCache {
  const kernels = new Map<string, { readonly kernel: Kernel; users: number }>()
  return {
    take(source, constants, turn) {
      const key = JSON.stringify([constants, turn, source])
      const entry = kernels.get(key) ?? { kernel: js.kernel(source, constants, [1, 1, 1]), users: 0 }
      entry.users++
      kernels.set(key, entry)
      return entry.kernel
    },
    release(kernel) {
      for (const [key, entry] of kernels) {
        if (entry.kernel !== kernel || --entry.users > 0) continue
        kernels.delete(key)
        kernel.destroy()
      }
    },
  }
}

/** One layer's equations on the device. */
export interface Cell {
  /**
   * The new states of `rows` rows, [rows, hiddenSize], until the next call: row i takes its inputs from row `xFirst + i`
   * of `x` and its state from row `from[first + i]` of `h`. The caller deletes the handle.
   */
  step(call: CellCall): Promise<Handle>
  release(): void
}

export interface CellCall {
  readonly x: Handle
  readonly from: Handle
  readonly h: Handle
  readonly w: Handle
  readonly xFirst: number
  readonly first: number
  readonly rows: number
}

/** `turn` keeps apart two layers of one shape, one of which reads the other's result. */
export function createCell(cache: KernelCache, spec: GruSpec, inputSize: number, turn: number): Cell {
  const { gates: source, state } = cellSources(spec)
  const H = spec.hiddenSize
  const constants = { I: inputSize, H }
  const gates = source === null ? undefined : cache.take(source, constants, turn)
  const kernel = cache.take(state, constants, turn)
  return {
    async step({ x, from, h, w, xFirst, first, rows }) {
      kernel.setOutput(planes(H, rows))
      if (!gates) return kernel(x, from, h, w, xFirst, first)
      gates.setOutput(planes(2 * H, rows))
      const q = await gates(x, from, h, w, xFirst, first)
      const stepped = await kernel(x, q, from, h, w, xFirst, first)
      q.delete()
      return stepped
    },
    release() {
      cache.release(kernel)
      if (gates) cache.release(gates)
    },
  }
}

/** The projection [rows, outputSize] of y [rows, hiddenSize], until the next call. The caller deletes the handle. */
export interface Head {
  project(y: Handle, w: Handle, rows: number): Promise<Handle>
  release(): void
}

export function createHead(cache: KernelCache, { hiddenSize, outputSize }: GruSpec): Head {
  const kernel = cache.take(HEAD_SOURCE, { H: hiddenSize, O: outputSize }, 0)
  return {
    project(y, w, rows) {
      kernel.setOutput(planes(outputSize, rows))
      return kernel(y, w)
    },
    release: () => cache.release(kernel),
  }
}

/** A layer's weights as its kernels read them: [I + H + 2][3H], a row for each input, each state and both biases. */
export function packCell(weights: Float32Array, cell: CellLayout, hiddenSize: number): Float32Array {
  const columns = 3 * hiddenSize
  const packed = new Float32Array((cell.inputSize + hiddenSize + 2) * columns)
  transpose(packed, 0, weights.subarray(cell.W), columns, cell.inputSize)
  transpose(packed, cell.inputSize * columns, weights.subarray(cell.U), columns, hiddenSize)
  const biases = (cell.inputSize + hiddenSize) * columns
  if (cell.b >= 0) packed.set(weights.subarray(cell.b, cell.b + columns), biases)
  if (cell.c >= 0) packed.set(weights.subarray(cell.c, cell.c + columns), biases + columns)
  return packed
}

/** The projection as its kernel reads it: [H + 1][O], the biases last. */
export function packHead(
  weights: Float32Array,
  head: { readonly W: number; readonly b: number },
  { hiddenSize, outputSize }: GruSpec,
): Float32Array {
  const packed = new Float32Array((hiddenSize + 1) * outputSize)
  transpose(packed, 0, weights.subarray(head.W), outputSize, hiddenSize)
  packed.set(weights.subarray(head.b, head.b + outputSize), hiddenSize * outputSize)
  return packed
}

/** Puts matrix [rows][columns] into `packed` from `at` as [columns][rows]. */
function transpose(
  packed: Float32Array,
  at: number,
  matrix: Float32Array,
  rows: number,
  columns: number,
): void {
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      packed[at + column * rows + row] = matrix[row * columns + column]
    }
  }
}
