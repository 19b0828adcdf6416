import type { Backend } from './backend.ts'
import type { Model } from './model.ts'
import { runCell } from './sequence-cell.ts'
import { sequenceWork, wholePart } from './sequence-work.ts'
import { wasm } from './wasm/wasm.ts'

export interface SequenceOptions {
  readonly batch: number
  readonly time: number
  /** First states [layers · directions, batch, hiddenSize], in the order l0 forward, l0 reverse, l1 forward… @default zeros */
  readonly h0?: Float32Array
  /** Valid steps of each batch row, 0 to time. @default all */
  readonly lengths?: ArrayLike<number>
  /** @default wasm */
  readonly backend?: Backend
}

export interface Sequence {
  /** Top layer [batch, time, directions · hiddenSize], forward half first, in time order; 0 where padded. */
  readonly y: Float32Array
  /** Last states [layers · directions, batch, hiddenSize]: after the last valid step, in reverse after step 0. */
  readonly hn: Float32Array
  /** Projection of every y [batch, time, outputSize]; absent without one. */
  readonly out?: Float32Array
}

/**
 * Runs a GRU over x [batch, time, inputSize]: all layers and directions.
 *
 * Lengths act as PyTorch's packed sequences do: the reverse direction begins at a row's last valid step.
 * @throws RangeError naming the argument that does not fit or is not finite.
 */
export function sequence(model: Model, x: Float32Array, options: SequenceOptions): Sequence {
  const { backend = wasm } = options
  const work = sequenceWork(model, x, options)
  const all = wholePart(work)
  for (const cell of work.cells()) {
    const run = runCell(backend, work, cell, all)
    while (!run.next().done);
  }
  const { y, hn } = work
  return model.spec.outputSize > 0 ? { y, hn, out: backend.project(model, y) } : { y, hn }
}
