import { checkDevice, type DeviceChoice } from '../device.ts'
import type { Model } from '../model.ts'
import type { Sequence, SequenceOptions } from '../sequence.ts'
import { sequenceWork } from '../sequence-work.ts'
import { directions } from '../spec.ts'
import { wasm } from '../wasm/wasm.ts'
import { acquireGpu, type Gpu } from './process.ts'
import { reasonForWasm } from './sequence-choice.ts'
import { gpuRun, wasmRun } from './sequence-run.ts'
import { createTurns } from './turns.ts'

export interface DeviceSequenceOptions extends Omit<SequenceOptions, 'backend'> {
  /** @default auto */
  readonly device?: DeviceChoice
  /** Ends the run between two parts of it; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

export interface DeviceSequence extends Sequence {
  /** What ran it: `gpu:nvidia`, `cpu:wasm`. When a GPU was lost on the way, what ran the rest. */
  readonly device: string
  /** Why it was that one. */
  readonly reason: string
}

export type RunDeviceSequence = (
  model: Model,
  x: Float32Array,
  options: DeviceSequenceOptions,
) => Promise<DeviceSequence>

/** Numbers and floating-point operations of one call that projects: some 5 ms on one core. */
const CALL_NUMBERS = 2 ** 20
const CALL_FLOP = 5e7

/**
 * As `sequence`, on a GPU or in WASM, while the event loop goes on: it waits some 20 ms at most. At the
 * begin it waits twice for a look at all inputs, some 1 ms for a million of them.
 *
 * In WASM the results are those of `sequence` bit by bit, on a GPU within 1e-5. With `auto` the GPU runs it if there
 * is one that is more than software, and if there is enough to do. A GPU that is lost costs the part it was busy with:
 * the rest runs in WASM. Leave `x` as it is until the promise settles.
 * @throws RangeError naming the argument that does not fit or is not finite.
 */
export const deviceSequence: RunDeviceSequence = createDeviceSequence(acquireGpu)

/** Runs sequences on the GPU that `acquire` gives. */
export function createDeviceSequence(acquire: () => Promise<Gpu>): RunDeviceSequence {
  return async (model, x, options) => {
    const { device = 'auto', signal } = options
    checkDevice(device)
    const turn = createTurns(signal)
    const work = sequenceWork(model, x, options)
    await turn()
    const small = reasonForWasm(model, x, work, device)
    const { gpu, reason } = small === undefined ? await share(acquire, device) : { reason: small }
    try {
      const run = gpu ? gpuRun(work, gpu, reason) : wasmRun(work, reason)
      for (const cell of work.cells()) await run.run(cell, turn)
      const { y, hn } = work
      const ran = { device: run.device, reason: run.reason }
      return model.spec.outputSize > 0
        ? { y, hn, out: await project(model, y, turn), ...ran }
        : { y, hn, ...ran }
    } finally {
      gpu?.release()
    }
  }
}

async function share(
  acquire: () => Promise<Gpu>,
  device: DeviceChoice,
): Promise<{ readonly gpu?: Gpu; readonly reason: string }> {
  let gpu: Gpu
  try {
    gpu = await acquire()
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) }
  }
  if (device === 'gpu') return { gpu, reason: 'asked for' }
  if (!gpu.adapter.software) return { gpu, reason: 'enough steps at a time for a GPU' }
  gpu.release()
  return { reason: `${gpu.name} computes on the CPU` }
}

/** In WASM: a projection is a small part of the work, and its inputs, the outputs of all cells, are here. */
async function project(model: Model, y: Float32Array, turn: () => Promise<void>): Promise<Float32Array> {
  const { hiddenSize, outputSize } = model.spec
  const width = directions(model.spec) * hiddenSize
  const rows = y.length / width
  const out = new Float32Array(rows * outputSize)
  const most = Math.min(CALL_NUMBERS / (width + outputSize), CALL_FLOP / (2 * width * outputSize))
  const together = Math.max(1, Math.floor(most))
  for (let row = 0; row < rows; row += together) {
    const end = Math.min(row + together, rows)
    out.set(wasm.project(model, y.subarray(row * width, end * width)), row * outputSize)
    await turn()
  }
  return out
}
