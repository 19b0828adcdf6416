import { layout } from '../../src/engine/layout.ts'
import { referenceHead, referenceStep } from '../../src/engine/reference.ts'
import { directions } from '../../src/engine/spec.ts'
import type { Case, Expected } from './cases.ts'

/** A case in float64 from end to end, row by row, without any code of `sequence`. */
export function oracle({ spec, weights, batch, time, x, h0, lengths }: Case): Required<Expected> {
  const { cells, head } = layout(spec)
  const D = directions(spec)
  const H = spec.hiddenSize
  const hn = h0 ? h0.slice() : new Float64Array(cells.length * batch * H)
  const y = new Float64Array(batch * time * D * H)
  const out: number[] = []
  for (let row = 0; row < batch; row++) {
    const length = lengths ? lengths[row] : time
    const start = row * time * spec.inputSize
    let inputs = rows(x.subarray(start, start + length * spec.inputSize), spec.inputSize)
    for (let layer = 0; layer < spec.layers; layer++) {
      const outputs = inputs.map(() => new Float64Array(D * H))
      for (let d = 0; d < D; d++) {
        const cell = cells[layer * D + d]
        const at = ((layer * D + d) * batch + row) * H
        const state = hn.subarray(at, at + H)
        const order = [...inputs.keys()]
        for (const t of cell.reverse ? order.reverse() : order) {
          state.set(referenceStep(spec, weights, cell, inputs[t], state).h)
          outputs[t].set(state, d * H)
        }
      }
      inputs = outputs
    }
    inputs.forEach((values, t) => {
      y.set(values, (row * time + t) * D * H)
    })
    for (let t = 0; t < time; t++) {
      const at = (row * time + t) * D * H
      out.push(...referenceHead(spec, weights, head, y.subarray(at, at + D * H)))
    }
  }
  return { y, hn, out: Float64Array.from(out) }
}

function rows(values: Float64Array, width: number): Float64Array[] {
  return Array.from({ length: values.length / width }, (_, t) => values.slice(t * width, (t + 1) * width))
}
