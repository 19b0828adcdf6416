import assert from 'node:assert/strict'
import type { Observable } from 'rxjs'
import { initialise } from '../../src/engine/initialise.ts'
import type { Model } from '../../src/engine/model.ts'
import { sequence } from '../../src/engine/sequence.ts'
import { gruSpec, presets } from '../../src/engine/spec.ts'

export const model: Model = initialise(
  gruSpec({ ...presets.pytorch, inputSize: 2, hiddenSize: 4, layers: 2, outputSize: 3 }),
)

export interface Source {
  readonly key?: string
  readonly x?: ArrayLike<number>
  readonly reset?: boolean | 'all'
}

export const selectors: {
  readonly key: (source: Source) => string
  readonly input: (source: Source) => ArrayLike<number>
  readonly reset: (source: Source) => boolean | 'all'
} = {
  key: ({ key = '' }: Source) => key,
  input: ({ x = [] }: Source) => x,
  reset: ({ reset = false }: Source) => reset,
}

export const collect = <T>(observable: Observable<T>): T[] => {
  const all: T[] = []
  observable.subscribe((one) => all.push(one))
  return all
}

/** What the same inputs give as one sequence from a zero state. */
export const expected = (of: Model, inputs: readonly ArrayLike<number>[]): number[][] => {
  const x = Float32Array.from(inputs.flatMap((input) => Array.from(input)))
  const { out, y } = sequence(of, x, { batch: 1, time: inputs.length })
  const rows = out ?? y
  const width = rows.length / inputs.length
  return inputs.map((_, n) => Array.from(rows.subarray(n * width, (n + 1) * width)))
}

export const close = (actual: ArrayLike<number> | undefined, wanted: ArrayLike<number>): void => {
  assert.equal(actual?.length, wanted.length)
  for (let i = 0; i < wanted.length; i++)
    assert.ok(Math.abs(actual![i] - wanted[i]) < 1e-5, `${actual} ≠ ${wanted}`)
}
