import { layout } from '../../dist/src/engine/layout.js'
import { referenceHead, referenceStep } from '../../dist/src/engine/reference.js'

/**
 * One stream of a model of one layer, stepped in float64 from zero: the projection after each input, its state never
 * rounded.
 */
export function openExact({ spec, weights }) {
  const { cells, head } = layout(spec)
  let h = new Float64Array(spec.hiddenSize)
  return (input) => {
    h = referenceStep(spec, weights, cells[0], input, h).h
    return referenceHead(spec, weights, head, h)
  }
}
