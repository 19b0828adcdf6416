import type { Random } from '../../engine/random.ts'
import { BYTES } from '../wasm/arena.ts'
import { dense, from, type Matrix, repeated } from '../wasm/linear.ts'
import { createDecodeInputs } from './decodeInputs.ts'
import type { WasmNet } from './wasmNet.ts'

/** Share of the decoder's outputs that is dropped in training. */
const DROPOUT = 0.1
/** Share of the interval's gradient that goes on into the net: the rest would trade point forecasts for intervals. */
const SIDE_SHARE = 0.3

/** Decodes states into changes ŷ − x_t and sides of the interval in units of the scale, in buffers of its own. */
export interface Decoder {
  /** [block][row] of [mean, lower, upper], each `net.segment` wide; rows are [step][lane]. */
  readonly out: Matrix
  /** Rows of `out`. */
  readonly rows: number
  /**
   * @param channels of each lane, see `decodeInputs.ts`
   * @param random draws what dropout drops; without it nothing is
   */
  forward(h: Matrix, channels: ArrayLike<number>, random?: Random): void
  /** From the gradient of `out`, in its place: writes that of the states to `dh` and adds those of the weights. */
  backward(h: Matrix, dh: Matrix, channels: ArrayLike<number>): void
}

/**
 * Opens a decoder for the states of `steps` times `lanes`, together a padded number of rows.
 *
 * All blocks take one step from the same states, on inputs that are the same at all steps: of the two products of a
 * GRU step, that with the state is done once for all blocks, that with the input once for all steps.
 */
export function createDecoder(net: WasmNet, steps: number, lanes: number): Decoder {
  const { arena, cell, head, hidden, segment } = net
  const { kernels } = arena
  const { input, recurrence } = cell
  const [W, U] = [input.linear!, recurrence.linear!]
  const { blocks } = net.layout
  const inputs = createDecodeInputs(net, lanes)
  const bytes = hidden * BYTES
  const rows = steps * lanes
  const all = blocks * rows
  const matrix = (count: number, cols: number): Matrix => dense(arena.take(count * cols), cols)
  const xs = matrix(inputs.rows, input.cols)
  const hs = matrix(rows, recurrence.cols)
  const gates = matrix(all, cell.gateWidth)
  const states = matrix(all, hidden)
  const dStates = matrix(all, hidden)
  const kept = matrix(rows, hidden)
  const out = matrix(all, 3 * segment)
  /** Gradients of the gates, summed over steps. */
  const sums = matrix(inputs.rows, 4 * hidden)
  const dInputs = matrix(inputs.rows, hidden)
  const zeros = repeated(arena.take(Math.max(hidden, 3 * segment)))
  const seeds = new Int32Array(4)
  let dropping = false

  const drop = (of: Matrix): void => {
    if (!dropping) return
    kernels.drop(
      all * hidden,
      of.at,
      seeds[0],
      seeds[1],
      seeds[2],
      seeds[3],
      Math.round(DROPOUT * 2 ** 24),
      1 / (1 - DROPOUT),
    )
  }

  return {
    out,
    rows: all,
    forward(h, channels, random) {
      inputs.write(channels)
      W.forward(inputs.rows, inputs.at, input.bias, xs)
      U.forward(rows, h, recurrence.bias, hs)
      for (let m = 0; m < blocks; m++) {
        for (let lane = 0; lane < lanes; lane++) {
          const gate = from(gates, m * rows + lane)
          kernels.mixAfter(
            steps,
            bytes,
            from(xs, m * lanes + lane).at,
            0,
            from(hs, lane).at,
            lanes * hs.stride,
            gate.at,
            lanes * gate.stride,
            from(h, lane).at,
            lanes * h.stride,
            from(states, m * rows + lane).at,
            lanes * states.stride,
          )
        }
      }
      dropping = random !== undefined
      if (random) for (let i = 0; i < 4; i++) seeds[i] = random.bits() | 1
      drop(states)
      head.linear.forward(all, states, head.bias, out)
    },
    backward(h, dh, channels) {
      head.linear.gradient(all, out, states)
      kernels.addColumnSums(all, 3 * segment, out.at, out.stride, head.dBias)
      kernels.scaleRows(all, 2 * segment * BYTES, from(out, 0, segment).at, out.stride, SIDE_SHARE)
      head.linear.backward(all, out, zeros, dStates)
      drop(dStates)
      arena.view(sums.at, inputs.rows * 4 * hidden).fill(0)
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
        for (let lane = 0; lane < lanes; lane++) {
          kernels.addColumnSums(
            steps,
            4 * hidden,
            from(gate, lane).at,
            lanes * gate.stride,
            from(sums, m * lanes + lane).at,
          )
        }
        if (m === 0) continue
        kernels.add(rows * hidden, kept.at, dh.at)
        // The first block's become those of all, for the state that all share.
        kernels.add(rows * cell.gateWidth, gate.at, gates.at)
      }
      const dSums = from(gates, 0, recurrence.col)
      U.backward(rows, dSums, dh, dh)
      U.gradient(rows, dSums, h)
      kernels.addColumnSums(rows, recurrence.cols, dSums.at, dSums.stride, recurrence.dBias!)
      W.gradient(inputs.rows, sums, inputs.at)
      W.backward(inputs.rows, sums, zeros, dInputs)
      inputs.spread(channels, dInputs)
      kernels.addColumnSums(blocks * lanes, input.cols, sums.at, sums.stride, input.dBias!)
    },
  }
}
