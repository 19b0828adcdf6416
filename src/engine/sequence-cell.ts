import type { Backend } from './backend.ts'
import { type CellWork, type Part, type SequenceWork, underWay } from './sequence-work.ts'

/** Numbers of one call into the backend: few enough to stay in a cache. */
const CHUNK = 16_384

/**
 * Runs a part of a cell's work on a backend, step by step through time, and pauses after every call into it.
 *
 * The outcome does not depend on how work is parted: the backend computes each row as if it were alone.
 * @param maxRows rows of one call, at most
 */
export function* runCell(
  backend: Backend,
  work: SequenceWork,
  cell: CellWork,
  part: Part,
  maxRows: number = Number.POSITIVE_INFINITY,
): Generator<void> {
  const { inputSize: I, hiddenSize: H } = cell.model.spec
  const { rows } = work
  const { first, from, to } = part
  const count = part.end - first
  const most = Math.min(count * (to - from), maxRows, Math.ceil(CHUNK / Math.max(I, H)))
  const lanes = backend.open(cell.model, count)
  for (let i = 0; i < count; i++) {
    const state = rows[first + i] * H
    lanes.restore(i, cell.states.subarray(state, state + H))
  }

  const numbers = new Uint32Array(most)
  const places = new Float64Array(most)
  const inputs = new Float32Array(most * I)
  let n = 0
  const call = (): void => {
    for (let i = 0; i < n; i++) gather(cell.below, places[i] * I, inputs, i * I, I)
    const outputs = lanes.step(numbers.subarray(0, n), inputs.subarray(0, n * I))
    for (let i = 0; i < n; i++) gather(outputs, i * H, cell.above, places[i] * cell.width + cell.column, H)
    n = 0
  }
  for (let step = from, end = part.end; step < to; step++) {
    end = underWay(work, end, step)
    for (let at = first; at < end; at++) {
      numbers[n] = at - first
      places[n] = cell.place(rows[at], step)
      n += 1
      if (n < most) continue
      call()
      yield
    }
  }
  if (n > 0) call()
  for (let i = 0; i < count; i++) cell.states.set(lanes.save(i), rows[first + i] * H)
}

/** Copies so few numbers that a loop is faster than views. */
function gather(from: Float32Array, start: number, to: Float32Array, at: number, length: number): void {
  for (let i = 0; i < length; i++) to[at + i] = from[start + i]
}
