import { dense, from, type Matrix, repeated } from '../wasm/linear.ts'
import type { WasmNet } from './wasmNet.ts'

/** The encoder and the GRU of a net over some steps of some lanes, in buffers of its own. Rows are padded. */
export interface Recurrence {
  /** Features [step][lane], to be filled in before forward. */
  readonly x: Matrix
  /** States [step + 1][lane]: the first are those that the steps start from. */
  readonly h: Matrix
  /** Gradient of the states after each step, [step][lane], to be filled in before backward. */
  readonly dh: Matrix
  /** @param after called after each step, when the states that it gave may still be changed */
  forward(after?: (step: number) => void): void
  /** Adds the gradients of the weights. */
  backward(): void
}

/** Opens a recurrence; `lanes` is padded. */
export function createRecurrence(net: WasmNet, steps: number, lanes: number): Recurrence {
  const { arena, cell, encoder, features, hidden } = net
  const { kernels } = arena
  const rows = steps * lanes
  const matrix = (count: number, cols: number): Matrix => dense(arena.take(count * cols), cols)
  const x = matrix(rows, features)
  const z = matrix(rows, hidden)
  const dz = matrix(rows, hidden)
  const h = matrix(rows + lanes, hidden)
  const dh = matrix(rows, hidden)
  const gates = matrix(rows, cell.gateWidth)
  const carried = arena.take(lanes * hidden)
  const zeros = repeated(arena.take(hidden))
  const at = (of: Matrix, step: number): Matrix => from(of, step * lanes)

  return {
    x,
    h,
    dh,
    forward(after) {
      encoder.linear.forward(rows, x, encoder.bias, z)
      kernels.rectify(rows * hidden, z.at)
      cell.inputs(rows, z, gates)
      for (let k = 0; k < steps; k++) {
        cell.step(lanes, at(gates, k), at(h, k), at(h, k + 1))
        after?.(k)
      }
    },
    backward() {
      arena.view(carried, lanes * hidden).fill(0)
      for (let k = steps - 1; k >= 0; k--) cell.back(lanes, at(gates, k), at(h, k), at(dh, k), carried)
      cell.gradients(rows, gates, z, h)
      cell.inputGradients(rows, gates, zeros, dz)
      kernels.unrectify(rows * hidden, z.at, dz.at)
      encoder.linear.gradient(rows, dz, x)
      kernels.addColumnSums(rows, hidden, dz.at, dz.stride, encoder.dBias)
    },
  }
}
