import type { Model } from '../model.ts'
import { directions } from '../spec.ts'
import { LINE, reserve } from './memory.ts'
import { instantiate, type WasmBuild } from './module.ts'
import { packHead, padded } from './pack.ts'

/** Values of y that are projected at a time. */
const CHUNK = 1 << 18

/** The projection of rows y [n, directions · hiddenSize]: [n, outputSize]. */
export function project(build: WasmBuild, model: Model, y: Float32Array): Float32Array {
  const { hiddenSize, outputSize } = model.spec
  const columns = directions(model.spec) * hiddenSize
  const rows = y.length / columns
  const packed = packHead(model)
  const kernel = instantiate(build)
  const weights = kernel.begin() / 4
  const scratch = padded(weights + packed.length, LINE)
  const inputsAt = padded(
    kernel.configure(0, false, 0, columns, columns, outputSize, 4 * weights, 4 * scratch) / 4,
    LINE,
  )
  const together = Math.min(rows, Math.max(1, Math.floor(CHUNK / columns)))
  const outputsAt = padded(inputsAt + together * columns, LINE)
  reserve(kernel, outputsAt + together * outputSize + LINE, `${together} rows`)
  kernel.place(0, 0, 4 * inputsAt, 4 * outputsAt)
  const floats = new Float32Array(kernel.memory.buffer)
  floats.set(packed, weights)

  const out = new Float32Array(rows * outputSize)
  for (let row = 0; row < rows; row += together) {
    const count = Math.min(together, rows - row)
    floats.set(y.subarray(row * columns, (row + count) * columns), inputsAt)
    kernel.project(count, columns)
    out.set(floats.subarray(outputsAt, outputsAt + count * outputSize), row * outputSize)
  }
  return out
}
