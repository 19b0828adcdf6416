import { layout } from './layout.ts'
import type { GruSpec } from './spec.ts'

/**
 * A GRU: its specification and its weights, packed as {@link layout} says.
 *
 * A model never changes; learning makes a new one. Treat `weights` as read-only.
 */
export interface Model {
  readonly spec: GruSpec
  readonly weights: Float32Array
}

/**
 * Makes a model from packed weights; the array is kept, not copied.
 * @throws RangeError when the number of weights does not fit the specification or one is not finite.
 */
export function createModel(spec: GruSpec, weights: Float32Array): Model {
  const { size } = layout(spec)
  if (weights.length !== size) {
    throw new RangeError(`weights must hold ${size} values for this specification, got ${weights.length}`)
  }
  const bad = weights.findIndex((w) => !Number.isFinite(w))
  if (bad >= 0) throw new RangeError(`weights must be finite, got ${weights[bad]} at index ${bad}`)
  return Object.freeze({ spec, weights })
}
