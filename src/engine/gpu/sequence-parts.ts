import { checkFinite } from '../check.ts'
import { type CellWork, type Part, type SequenceWork, underWay } from '../sequence-work.ts'
import type { GruSpec } from '../spec.ts'
import { limitsOf } from './size.ts'

/** Numbers that come and go with one request: 8 MiB, some 10 ms of copying in this process at most. */
const MAX_NUMBERS = 2 ** 21
/** Share of a part's rows that are under way to its end at least; the others run on for nothing. */
const UNDER_WAY = 0.5
/** Long parts have a multiple of so many steps, which leaves the child's pipelines no remainder. */
const EVEN_STEPS = 64

/** Cuts a cell's work in time and rows into parts for one request each, earlier steps first. */
export function* cut(work: SequenceWork, spec: GruSpec): Generator<Part> {
  const { lengths, rows } = work
  const limits = limitsOf(spec)
  const most = Math.max(
    1,
    Math.min(limits.rows, Math.floor(MAX_NUMBERS / (spec.inputSize + spec.hiddenSize))),
  )
  let end = underWay(work, rows.length, 0)
  for (let from = 0; end > 0; end = underWay(work, end, from)) {
    const shortest = lengths[rows[Math.ceil(UNDER_WAY * end) - 1]]
    const steps = Math.max(1, Math.min(limits.levels, Math.floor(most / end)))
    const even = steps > EVEN_STEPS ? steps - (steps % EVEN_STEPS) : steps
    const to = Math.min(shortest, from + even)
    for (let first = 0; first < end; first += most) {
      yield { first, end: Math.min(first + most, end), from, to }
    }
    from = to
  }
}

/** A part's inputs [steps, rows, inputSize], zero beyond a row's end, and its first states [rows, hiddenSize]. */
export function partInputs(
  work: SequenceWork,
  cell: CellWork,
  part: Part,
): { readonly x: Float32Array; readonly h0: Float32Array } {
  const { inputSize: I, hiddenSize: H } = cell.model.spec
  const { first, end, from, to } = part
  const count = end - first
  const x = new Float32Array((to - from) * count * I)
  for (let step = from; step < to; step++) {
    const active = underWay(work, end, step)
    for (let at = first; at < active; at++) {
      const place = cell.place(work.rows[at], step) * I
      const i = ((step - from) * count + at - first) * I
      for (let k = 0; k < I; k++) x[i + k] = cell.below[place + k]
    }
  }
  const h0 = new Float32Array(count * H)
  for (let i = 0; i < count; i++) {
    const state = work.rows[first + i] * H
    h0.set(cell.states.subarray(state, state + H), i * H)
  }
  return { x, h0 }
}

/**
 * Puts a part's outputs [steps, rows, hiddenSize] where they belong, and each row's last valid one among the states.
 * @throws RangeError when one is not finite; then nothing has changed
 */
export function putOutputs(work: SequenceWork, cell: CellWork, part: Part, y: Float32Array): void {
  checkFinite('outputs of the GPU', y)
  const { hiddenSize: H } = cell.model.spec
  const { first, end, from, to } = part
  const count = end - first
  for (let step = from; step < to; step++) {
    const active = underWay(work, end, step)
    for (let at = first; at < active; at++) {
      const place = cell.place(work.rows[at], step) * cell.width + cell.column
      const i = ((step - from) * count + at - first) * H
      for (let k = 0; k < H; k++) cell.above[place + k] = y[i + k]
    }
  }
  for (let at = first; at < end; at++) {
    const row = work.rows[at]
    const last = Math.min(work.lengths[row], to) - 1
    const i = ((last - from) * count + at - first) * H
    cell.states.set(y.subarray(i, i + H), row * H)
  }
}
