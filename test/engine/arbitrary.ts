import fc from 'fast-check'
import { initialise } from '../../src/engine/initialise.ts'
import type { Model } from '../../src/engine/model.ts'
import { createRandom } from '../../src/engine/random.ts'
import { type Direction, gruSpec } from '../../src/engine/spec.ts'

/** Models of every cell and update, of sizes on both sides of every padding. */
export function models(...allowed: Direction[]): fc.Arbitrary<Model> {
  return fc
    .record({
      inputSize: fc.integer({ min: 1, max: 20 }),
      hiddenSize: fc.integer({ min: 1, max: 67 }),
      layers: fc.integer({ min: 1, max: 3 }),
      outputSize: fc.integer({ min: 0, max: 20 }),
      cell: fc.constantFrom('reset-after', 'reset-before', 'no-reset', 'no-carry'),
      update: fc.constantFrom('keep', 'write'),
      recurrentActivation: fc.constantFrom('sigmoid', 'hard-sigmoid'),
      biases: fc.constantFrom(0, 1, 2),
      direction: fc.constantFrom(...allowed),
      seed: fc.integer({ min: 0, max: 1000 }),
    })
    .map(({ seed, ...sizes }) => initialise(gruSpec(sizes), { seed }))
}

/** Inputs drawn from a seed: small enough to print, as wild as `scale` says. */
export function inputs(length: number, seed: number, scale: number = 1): Float32Array {
  const random = createRandom(seed)
  return Float32Array.from({ length }, () => scale * random.normal())
}

/** The largest absolute difference. */
export function distance(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY
  return a.reduce((worst, v, i) => Math.max(worst, Math.abs(v - b[i])), 0)
}
