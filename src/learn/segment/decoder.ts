import { BYTES, paddedRows } from '../wasm/arena.ts'
import { dense, from, type Matrix, repeated } from '../wasm/linear.ts'
import type { WasmNet } from './wasmNet.ts'

/** Decodes states into changes ŷ − x_t in units of the scale, in buffers of its own. */
export interface Decoder {
  /** [block][row][segment], rows and columns padded. */
  readonly out: Matrix
  /** Gradient of `out`, to be filled in before backward. */
  readonly dOut: Matrix
  /** Values of `out`. */
  readonly size: number
  forward(h: Matrix): void
  /** Writes the gradient of the states to `dh` and adds those of the weights. */
  backward(h: Matrix, dh: Matrix): void
}

/**
 * Opens a decoder for `rows` states at a time, padded.
 *
 * All blocks take one step from the same states on inputs that are the same for all states: of the two products of a
 * GRU step, that with the state is done once for all blocks, that with the input once for all states.
 */
export function createDecoder(net: WasmNet, rows: number): Decoder {
  const { arena, cell, head, positions, dPositions, hidden, segment } = net
  const { kernels } = arena
  const { input, recurrence } = cell
  const [W, U] = [input.linear!, recurrence.linear!]
  const { blocks } = net.layout
  const positionRows = paddedRows(blocks)
  const bytes = hidden * BYTES
  const all = blocks * rows
  const matrix = (count: number, cols: number): Matrix => dense(arena.take(count * cols), cols)
  const xs = matrix(positionRows, input.cols)
  const hs = matrix(rows, recurrence.cols)
  const gates = matrix(all, cell.gateWidth)
  const states = matrix(all, hidden)
  const dStates = matrix(all, hidden)
  const kept = matrix(rows, hidden)
  const out = matrix(all, segment)
  const dOut = matrix(all, segment)
  /** Gradients of the gates, summed over states. */
  const sums = matrix(positionRows, 4 * hidden)
  const zeros = repeated(arena.take(Math.max(hidden, segment)))

  return {
    out,
    dOut,
    size: all * segment,
    forward(h) {
      W.forward(positionRows, positions, input.bias, xs)
      U.forward(rows, h, recurrence.bias, hs)
      for (let m = 0; m < blocks; m++) {
        const x = from(xs, m)
        const gate = from(gates, m * rows)
        const state = from(states, m * rows)
        kernels.mixAfter(
          rows,
          bytes,
          x.at,
          0,
          hs.at,
          hs.stride,
          gate.at,
          gate.stride,
          h.at,
          h.stride,
          state.at,
          state.stride,
        )
      }
      head.linear.forward(all, states, head.bias, out)
    },
    backward(h, dh) {
      head.linear.gradient(all, dOut, states)
      kernels.addColumnSums(all, segment, dOut.at, dOut.stride, head.dBias)
      head.linear.backward(all, dOut, zeros, dStates)
      arena.view(sums.at, positionRows * 4 * hidden).fill(0)
      for (let m = 0; m < blocks; m++) {
        const gate = from(gates, m * rows)
        const d = from(dStates, m * rows)
        const to = m === 0 ? dh : kept
        kernels.unmixAfter(
          rows,
          bytes,
          gate.at,
          gate.stride,
          h.at,
          h.stride,
          d.at,
          d.stride,
          zeros.at,
          zeros.stride,
          to.at,
        )
        kernels.addColumnSums(rows, 4 * hidden, gate.at, gate.stride, from(sums, m).at)
        if (m === 0) continue
        kernels.add(rows * hidden, kept.at, dh.at)
        // The first block's become those of all, for the state that all share.
        kernels.add(rows * cell.gateWidth, gate.at, gates.at)
      }
      const dSums = from(gates, 0, recurrence.col)
      U.backward(rows, dSums, dh, dh)
      U.gradient(rows, dSums, h)
      kernels.addColumnSums(rows, recurrence.cols, dSums.at, dSums.stride, recurrence.dBias!)
      W.gradient(positionRows, sums, positions)
      W.backward(positionRows, sums, dPositions, dPositions)
      kernels.addColumnSums(blocks, input.cols, sums.at, sums.stride, input.dBias!)
    },
  }
}
