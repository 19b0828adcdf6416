import type { Tensor } from './types.ts'

/** What is noted of weights that float32 does not hold exactly. */
export function roundingNotes(used: readonly (Tensor | undefined)[]): string[] {
  return used.some((tensor) => tensor?.dtype === 'F64') ? ['float64 weights are rounded to float32'] : []
}
