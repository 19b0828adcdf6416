import { pairedRatio, quartiles } from '../lib/stats.mjs'
import { drawInputs } from '../lib/weights.mjs'
import { allLanes, drawModel, HIDDEN } from './model.mjs'
import { isOnGpu, openGpu, openWasm } from './steppers.mjs'
import { takeTurns } from './wall.mjs'

export const BATCHES = [1, 16, 256, 4096, 16_384]
/** Batches that take longer are not measured: a software adapter would take minutes. */
const MOST_MS = 1000
const INPUTS_IN_TURN = 4

/**
 * Milliseconds of a batch on the GPU and in WASM, by hidden size and rows.
 * @returns { cells, left }: of each hidden size, the rows from which on it was left out, and why
 */
export async function measureThroughput() {
  const cells = []
  const left = []
  for (const hidden of HIDDEN) {
    const model = drawModel(hidden)
    const gpu = await openGpu(model, BATCHES.at(-1))
    const wasm = openWasm(model, BATCHES.at(-1))
    let expected = 0
    for (const batch of BATCHES) {
      if (expected * batch > MOST_MS) {
        left.push({ hidden, batch, reason: `a batch would take more than ${MOST_MS} ms` })
        break
      }
      const times = await takeTurns({ gpu: stepping(gpu, batch), wasm: stepping(wasm, batch) })
      if (!isOnGpu(gpu)) {
        left.push({ hidden, batch, reason: gpu.reason })
        break
      }
      const onDevice = quartiles(times.gpu)
      expected = onDevice.median / batch
      cells.push({
        hidden,
        batch,
        gpu: onDevice,
        wasm: quartiles(times.wasm),
        speedUp: pairedRatio(times.wasm, times.gpu),
        rounds: times.gpu.length,
      })
    }
    await gpu.close()
  }
  if (cells.length === 0) throw new Error(left[0].reason)
  return { cells, left }
}

/** A function that steps the first `batch` streams. */
function stepping(stepper, batch) {
  const lanes = allLanes(batch)
  const inputs = drawInputs(stepper.model.spec, batch, INPUTS_IN_TURN)
  let next = 0
  return () => stepper.step(lanes, inputs[next++ % INPUTS_IN_TURN])
}
