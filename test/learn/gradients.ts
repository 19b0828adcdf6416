import fc from 'fast-check'
import { type GruSpec, gruSpec } from '../../src/engine/spec.ts'
import type { Loss } from '../../src/learn/bptt.ts'
import { mse } from '../../src/learn/loss.ts'
import { type Case, flat, type Head, type Layers, type Nested } from './fixtures.ts'

/** A case that has the gradients of a loss. */
export interface GradientCase extends Case {
  readonly expect: {
    readonly loss?: number
    readonly y: Nested
    readonly hn: Nested
    readonly grads?: {
      readonly layers: Layers
      readonly x: Nested
      readonly h0: Nested | null
      readonly head?: Head
    }
  }
}

/** Σv², its gradient written to `gradient`. */
function squares(
  values: ArrayLike<number>,
  gradient: { [index: number]: number },
  wanted: (index: number) => boolean,
): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) {
    if (!wanted(i)) continue
    sum += values[i] ** 2
    gradient[i] = 2 * values[i]
  }
  return sum
}

/** The loss whose gradients a case has. */
export function lossOf(c: Case): Loss {
  const last = (length: number) => (i: number) =>
    Math.floor((i * c.batch * c.steps) / length) % c.steps === c.steps - 1
  switch (c.loss) {
    case 'sumsq':
      return ({ y }, d) => squares(y, d.y, () => true)
    case 'sumsq_last':
      return ({ y }, d) => squares(y, d.y, last(y.length))
    case 'sumsq_hn':
      return ({ hn }, d) => squares(hn, d.hn, () => true)
    case 'mse':
      return mse(flat(c.target!))
    case undefined:
      return () => 0
    default:
      throw new Error(`unknown loss ${c.loss}`)
  }
}

/** A small specification of any kind. */
export const anySpec: fc.Arbitrary<GruSpec> = fc
  .record({
    inputSize: fc.integer({ min: 1, max: 3 }),
    hiddenSize: fc.integer({ min: 1, max: 3 }),
    layers: fc.integer({ min: 1, max: 3 }),
    cell: fc.constantFrom<GruSpec['cell'][]>('reset-after', 'reset-before', 'no-reset', 'no-carry'),
    update: fc.constantFrom<GruSpec['update'][]>('keep', 'write'),
    direction: fc.constantFrom<GruSpec['direction'][]>('forward', 'reverse', 'bidirectional'),
    biases: fc.constantFrom<GruSpec['biases'][]>(0, 1, 2),
    outputSize: fc.integer({ min: 0, max: 2 }),
  })
  .map(gruSpec)
export const anySize: fc.Arbitrary<{ batch: number; time: number }> = fc.record({
  batch: fc.integer({ min: 1, max: 5 }),
  time: fc.integer({ min: 1, max: 4 }),
})
