import type { Model } from '../model.ts'
import type { Batch } from './plan.ts'
import type { Gpu } from './process.ts'
import type { Adapter } from './protocol.ts'
import { openSession, type Session } from './session.ts'
import { flopOf, shapeOf } from './size.ts'
import type { Calibration, Calibrations } from './types.ts'

/** Numbers of rows that are measured. */
const ROWS: readonly number[] = [1, 16, 256, 4096, 16_384]
/** No single step that is measured computes more. */
const LARGEST_FLOP = 5e8
/** Time for one side. */
const SIDE_MS = 400
const REPEATS = 7
/** WASM measures within its time too; the rest is for a machine that is busy. */
const DEADLINE_MS = 10_000
/** Counts up when kernels change so much that older measurements are worth nothing. */
const KERNELS = 1

/** In the memory of this process. */
export const sharedCalibrations: Calibrations = new Map<string, Calibration>()

const underWay = new Map<string, Promise<Calibration>>()

/** What was measured of a model's shape on this adapter, or measures it; twice at once for none. */
export async function calibrate(
  gpu: Gpu,
  model: Model,
  kept: Calibrations,
  wasm: string,
): Promise<Calibration> {
  const key = keyOf(gpu.adapter, model, wasm)
  const known = kept.get(key)
  if (known) return known
  const begun = underWay.get(key) ?? measure(gpu, model)
  underWay.set(key, begun)
  try {
    const calibration = await begun
    kept.set(key, calibration)
    return calibration
  } finally {
    underWay.delete(key)
  }
}

/** The number of rows from which on the GPU is faster, between what was measured; infinite if it never is. */
export function crossover({ rows, gpu, wasm }: Calibration): number {
  // Both curves are straight lines between their points on logarithmic axes, and so is their difference.
  const gain = rows.map((_, i) => Math.log(wasm[i] / gpu[i]))
  const last = gain.findLastIndex((g) => !(g > 0))
  if (last < 0) return rows[0]
  if (last === rows.length - 1) return Number.POSITIVE_INFINITY
  const share = gain[last] / (gain[last] - gain[last + 1])
  return rows[last] * (rows[last + 1] / rows[last]) ** share
}

function keyOf(
  { vendor, architecture, device, description, webgpu }: Adapter,
  model: Model,
  wasm: string,
): string {
  const versions = `kernels ${KERNELS}, webgpu ${webgpu}, node ${process.version}, ${wasm}`
  return JSON.stringify([vendor, architecture, device, description, versions, model.spec])
}

async function measure(gpu: Gpu, model: Model): Promise<Calibration> {
  const { spec, weights } = model
  const most = Math.max(1, Math.floor(LARGEST_FLOP / flopOf(spec)))
  const wanted = ROWS.filter((rows) => rows <= most)
  const times = await timeGpu(gpu, model, wanted)
  const rows = wanted.slice(0, times.length)
  const wasm = await gpu.ask(
    'time-wasm',
    (write) => ({ spec, weights: write(weights), rows }),
    ({ milliseconds }) => milliseconds,
    { deadlineMs: DEADLINE_MS },
  )
  const both = Math.min(rows.length, wasm.length)
  return { rows: rows.slice(0, both), gpu: times.slice(0, both), wasm: wasm.slice(0, both) }
}

/** Medians of whole round trips, for as many of `rows` as there is time for. */
async function timeGpu(gpu: Gpu, model: Model, rows: readonly number[]): Promise<number[]> {
  const session = await openSession({ ...gpu, release: () => undefined }, model, rows[rows.length - 1])
  const medians: number[] = []
  try {
    const end = performance.now() + SIDE_MS
    for (const n of rows) {
      if (medians.length > 0 && performance.now() > end) break
      medians.push(await timeRows(session, batchOf(model, n), end))
    }
  } finally {
    session.close()
  }
  return medians
}

async function timeRows(session: Session, batch: Batch, end: number): Promise<number> {
  const times: number[] = []
  // The first builds and enlarges what is needed.
  await session.run(batch)
  do {
    const start = performance.now()
    await session.run(batch)
    times.push(performance.now() - start)
  } while (times.length < REPEATS && performance.now() < end)
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)]
}

/** A step of lanes 0 to `rows`. */
function batchOf({ spec }: Model, rows: number): Batch {
  const { inputSize } = shapeOf(spec, rows)
  const lanes = Int32Array.from({ length: rows }, (_, i) => i)
  return {
    parts: [{ kind: 'step', first: 0, rows, aheads: 0 }],
    rows,
    inputs: Float32Array.from({ length: rows * inputSize }, (_, i) => Math.sin(i)),
    from: lanes,
    to: lanes,
    operations: [],
    operationOf: new Uint32Array(0),
    rowOf: new Uint32Array(0),
    saves: [],
    finished: 0,
  }
}
