import { createModel } from '../../model.ts'
import { createRandom } from '../../random.ts'
import type { GruSpec } from '../../spec.ts'
import { wasm } from '../../wasm/wasm.ts'

/** Milliseconds for all sizes together. */
const BUDGET_MS = 400
const WARM_UP = 3
const RUNS = 9

/**
 * Milliseconds that a step of so many rows takes in WASM, each the median of up to nine; at least one is run of each
 * size, however long it takes.
 */
export function timeWasm(spec: GruSpec, weights: Float32Array, sizes: readonly number[]): number[] {
  const model = createModel(spec, weights)
  const random = createRandom(1)
  return sizes.map((rows) => {
    const pool = wasm.open(model, rows)
    const lanes = Uint32Array.from({ length: rows }, (_, lane) => lane)
    const inputs = Float32Array.from({ length: rows * spec.inputSize }, () => random.normal())
    const end = performance.now() + BUDGET_MS / sizes.length
    const times: number[] = []
    for (let run = 0; run < WARM_UP + RUNS; run++) {
      const begin = performance.now()
      pool.step(lanes, inputs)
      times.push(performance.now() - begin)
      if (performance.now() > end) break
    }
    const measured = times.slice(Math.min(WARM_UP, times.length - 1)).sort((a, b) => a - b)
    return measured[measured.length >> 1]
  })
}
