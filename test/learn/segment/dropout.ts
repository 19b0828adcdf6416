import type { Random } from '../../../src/engine/random.ts'
import type { WasmNet } from '../../../src/learn/segment/wasmNet.ts'
import { dense, type Matrix } from '../../../src/learn/wasm/linear.ts'

/** What dropout makes of so many rows of states, all 1, when it draws from `random`. */
export function maskOf({ arena, hidden }: WasmNet, rows: number, random: Random): Matrix {
  const [a, b, c, d] = [0, 1, 2, 3].map(() => random.bits() | 1)
  const at = arena.take(rows * hidden)
  arena.view(at, rows * hidden).fill(1)
  arena.kernels.drop(rows * hidden, at, a, b, c, d, Math.round(0.1 * 2 ** 24), 1 / 0.9)
  return dense(at, hidden)
}
