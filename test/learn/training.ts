import type { Case, Head, Layers } from './fixtures.ts'

/** A training run of 20 updates. */
export interface TrainingCase extends Case {
  readonly optimizer: {
    readonly kind: string
    readonly lr: number
    readonly beta1: number
    readonly beta2: number
    readonly eps: number
    readonly momentum?: number
    readonly alpha?: number
  }
  readonly clip_norm: number | null
  readonly tbptt: number | null
  readonly updates: number
  readonly expect: {
    readonly losses: number[]
    readonly grad_norms: number[]
    readonly final_full_loss: number
    readonly layers: Layers
    readonly head: Head
  }
}

/** Steps `from` to `from + steps` of [batch][time][features]. */
export function chunk(values: Float64Array, c: Case, from: number, steps: number): Float64Array {
  const features = values.length / (c.batch * c.steps)
  const part = new Float64Array(c.batch * steps * features)
  for (let b = 0; b < c.batch; b++) {
    const at = (b * c.steps + from) * features
    part.set(values.subarray(at, at + steps * features), b * steps * features)
  }
  return part
}
