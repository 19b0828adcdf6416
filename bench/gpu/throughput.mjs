import { pairedRatio, quartiles } from '../lib/stats.mjs'
import { drawModel, SHAPES } from './model.mjs'
import { isOnGpu, openGpu, openWasm, stepping } from './steppers.mjs'
import { isSlow, takeTurns } from './wall.mjs'

export const BATCHES = [1, 16, 256, 4096, 16_384]
/** Batches that take longer are not measured, fewer of a software adapter, which would take minutes. */
const MOST_MS = { software: 400, real: 2000 }

/**
 * Milliseconds from asking for a step of so many streams to their outputs, on the GPU and in WASM, by shape and rows.
 * @returns { wasm: the build, cells, left }: of each shape, the rows from which on it was left out, and why
 */
export async function measureThroughput({ software }) {
  const most = software ? MOST_MS.software : MOST_MS.real
  const cells = []
  const left = []
  let build
  for (const shape of SHAPES) {
    const model = drawModel(shape.hidden, { outputSize: shape.outputs })
    const gpu = await openGpu(model, BATCHES.at(-1))
    const wasm = openWasm(model, BATCHES.at(-1))
    build = wasm.device
    let expected = 0
    for (const batch of BATCHES) {
      if (expected * batch > most) {
        left.push({ ...shape, batch, reason: `a batch would take more than ${most} ms` })
        break
      }
      const times = await takeTurns({ gpu: stepping(gpu, batch), wasm: stepping(wasm, batch) })
      if (!isOnGpu(gpu)) {
        left.push({ ...shape, batch, reason: gpu.reason })
        break
      }
      const onDevice = quartiles(times.gpu)
      expected = onDevice.median / batch
      cells.push({
        ...shape,
        batch,
        gpu: onDevice,
        wasm: quartiles(times.wasm),
        speedUp: pairedRatio(times.wasm, times.gpu),
        slow: isSlow(times.gpu.length),
      })
    }
    await gpu.close()
    wasm.close()
  }
  if (cells.length === 0) throw new Error(left[0].reason)
  return { wasm: build, cells, left }
}
