import type { DeviceChoice } from '../device.ts'
import { layout } from '../layout.ts'
import type { Model } from '../model.ts'
import type { SequenceWork } from '../sequence-work.ts'
import { boundsOf } from './bounds.ts'

/** Multiplications of a gate in one time step from which on a GPU is likely to be faster. */
const WORTH_A_STEP = 1e6
/** Floating-point operations that take WASM about as long as a GPU needs to start and to build kernels. */
const WORTH_STARTING = 5e9

/** Why a sequence is to run in WASM, as far as its size and numbers tell; undefined when a GPU may run it. */
export function reasonForWasm(
  model: Model,
  x: Float32Array,
  work: SequenceWork,
  device: DeviceChoice,
): string | undefined {
  if (device === 'wasm') return 'asked for'
  const { steps, rows } = extent(work)
  if (steps === 0) return 'there is nothing to run'
  if (!bounded(model, x, work.hn)) return 'float32 sums could overflow on a GPU'
  if (device === 'gpu') return undefined
  const { hiddenSize: H } = model.spec
  const { cells } = layout(model.spec)
  const products = cells.reduce((sum, { inputSize }) => sum + H * (inputSize + H), 0)
  const perStep = (rows * products) / cells.length
  if (perStep < WORTH_A_STEP) return `${Math.round(rows)} steps at a time are too few for a GPU`
  if (6 * steps * products < WORTH_STARTING) return 'WASM is done before a GPU has started'
  return undefined
}

/** Steps of all rows, and rows under way at a time on average. */
function extent({ lengths, rows }: SequenceWork): { readonly steps: number; readonly rows: number } {
  const steps = lengths.reduce((sum, length) => sum + length, 0)
  return { steps, rows: steps === 0 ? 0 : steps / lengths[rows[0]] }
}

function bounded({ spec, weights }: Model, x: Float32Array, h0: Float32Array): boolean {
  // The projection runs in WASM.
  const bounds = boundsOf({ spec: { ...spec, outputSize: 0 }, weights })
  return bounds !== undefined && within(x, bounds.input) && within(h0, bounds.state)
}

function within(values: Float32Array, bound: number): boolean {
  for (let i = 0; i < values.length; i++) if (Math.abs(values[i]) > bound) return false
  return true
}
