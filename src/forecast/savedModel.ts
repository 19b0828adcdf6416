import type { SegmentSpec } from '../learn/segment/types.ts'
import type { SnapshotTree } from './types.ts'

/** A snapshot of a model, in what concerns its weights and its progress. */
export interface SavedModel {
  readonly fits: number
  readonly tailSkill: number
  readonly weights: Float32Array | null
  readonly total: number
  readonly due: number
}

/** @throws Error when a snapshot is not of such a model, whose weights are `size` */
export function checkSavedModel(snapshot: SnapshotTree, spec: SegmentSpec, size: number): SavedModel {
  const saved = snapshot as { readonly [name: string]: SnapshotTree }
  for (const [name, value] of Object.entries({ version: 1, ...spec })) {
    if (saved?.[name] !== value)
      throw new Error(`saved model has ${name} ${String(saved?.[name])}, ${value} is needed`)
  }
  const { weights } = saved
  if (weights !== null && !(weights instanceof Float32Array && weights.length === size)) {
    throw new Error(`saved model must hold ${size} weights`)
  }
  return saved as unknown as SavedModel
}
