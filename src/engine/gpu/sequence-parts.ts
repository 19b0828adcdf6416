import { checkFinite } from '../check.ts'
import { type CellWork, type Part, type SequenceWork, underWay } from '../sequence-work.ts'
import type { GruSpec } from '../spec.ts'
import { FUSED_STEPS } from './protocol.ts'
import { limitsOf } from './size.ts'

/** Numbers that come and go with one request: 8 MiB, some 10 ms of copying in this process at most. */
const MAX_NUMBERS = 2 ** 21
/** Share of a part's rows that are under way to its end at least; the others run on for nothing. */
const UNDER_WAY = 0.5

/**
 * Cuts a cell's work in rows and time into parts for one request each, earlier steps of a row first.
 *
 * Rows come before time: parts have the steps that the child computes in one go, or a multiple of them, and as many
 * rows as then fit, in groups of equal size, since the child builds what it computes with for a number of rows.
 */
export function* cut(work: SequenceWork, spec: GruSpec): Generator<Part> {
  const { lengths, rows } = work
  if (rows.length === 0) return
  const limits = limitsOf(spec)
  const most = Math.max(
    1,
    Math.min(limits.rows, Math.floor(MAX_NUMBERS / (spec.inputSize + spec.hiddenSize))),
  )
  const together = Math.max(1, Math.floor(most / Math.min(FUSED_STEPS, lengths[rows[0]])))
  const size = Math.ceil(rows.length / Math.ceil(rows.length / together))
  for (let first = 0; first < rows.length; first += size) {
    let end = Math.min(first + size, rows.length)
    for (let from = 0; end > first; end = underWay(work, end, from)) {
      const shortest = lengths[rows[first + Math.ceil(UNDER_WAY * (end - first)) - 1]]
      const to = Math.min(
        shortest,
        from + evenSteps(Math.floor(Math.min(limits.levels, most / (end - first)))),
      )
      yield { first, end, from, to }
      from = to
    }
  }
}

function evenSteps(most: number): number {
  return most < FUSED_STEPS ? Math.max(1, most) : most - (most % FUSED_STEPS)
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
