import { layout } from '../engine/layout.ts'
import { createModel, type Model } from '../engine/model.ts'
import { type GruSpec, gruSpec } from '../engine/spec.ts'

/** The same function with more bias vectors a gate, those added being zero. */
export function withBiases({ spec, weights }: Model, biases: GruSpec['biases']): Model {
  const target = gruSpec({ ...spec, biases })
  const from = layout(spec)
  const to = layout(target)
  const result = new Float32Array(to.size)
  // A cell's biases lie behind its weights, the recurrent ones last.
  const length = (i: number): number => (from.cells[i + 1]?.W ?? from.head?.W ?? from.size) - from.cells[i].W
  to.cells.forEach(({ W }, i) => {
    const start = from.cells[i].W
    result.set(weights.subarray(start, start + length(i)), W)
  })
  if (to.head && from.head) result.set(weights.subarray(from.head.W), to.head.W)
  return createModel(target, result)
}
