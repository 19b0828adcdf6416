import { layout } from '../../../src/engine/layout.ts'
import { createDense } from '../../../src/learn/dense.ts'
import { createCell } from '../../../src/learn/gru-cell.ts'
import { netLayout } from '../../../src/learn/segment/net.ts'
import type { SegmentSpec } from '../../../src/learn/segment/types.ts'

/** A segment net over some steps of some lanes, forward and backward, in float64 and without any padding. */
export interface Oracle {
  /** Features [step][lane], to be filled in before forward. */
  readonly x: Float64Array
  /** States [step + 1][lane]; the first are to be filled in before forward. */
  readonly h: Float64Array
  /** [block][step][lane][mean, lower, upper], `segment` values each; the sides before softplus. */
  readonly out: Float64Array
  /** Gradient of `out`, to be filled in before backward. */
  readonly dOut: Float64Array
  forward(): void
  /** Adds the gradients of the weights. */
  backward(): void
}

export interface OracleOptions {
  readonly steps: number
  readonly lanes: number
  /** Channel of each lane; −1: the mean embedding of all. */
  readonly channels: ArrayLike<number>
  /** What dropout makes of a decoded state, [block][step][lane][hidden]: 0 or the gain. Left out: no dropout. */
  readonly mask?: ArrayLike<number>
  /** Share of the sides' gradient that goes on into the net; the sides' own weights get all of it. */
  readonly sideShare?: number
}

/** Opens a run on weights packed as `net.ts` says and their gradients, read and written in place. */
export function createOracle(
  spec: SegmentSpec,
  weights: Float64Array,
  grads: Float64Array,
  { steps, lanes, channels: channelOf, mask, sideShare = 0.3 }: OracleOptions,
): Oracle {
  const { segment: w, hiddenSize: d, channels } = spec
  const net = netLayout(spec)
  const { blocks, half } = net
  const rows = steps * lanes
  const linear = (W: number, b: number, outputs: number, inputs: number) =>
    createDense({ inputs, outputs, W, b }, weights, grads)
  const cell = createCell(net.gru, layout(net.gru).cells[0], weights, grads)
  const encoder = linear(net.encoderW, net.encoderB, d, net.features)
  const head = linear(net.outW, net.outB, w, d)
  const sides = linear(net.sideW, net.sideB, 2 * w, d)
  const buffer = (count: number, cols: number): Float64Array => new Float64Array(count * cols)
  const [x, h, z] = [buffer(rows, net.features), buffer(rows + lanes, d), buffer(rows, d)]
  const [out, dOut] = [buffer(blocks * rows, 3 * w), buffer(blocks * rows, 3 * w)]
  const [mean, side] = [buffer(rows, w), buffer(rows, 2 * w)]
  const caches = Array.from({ length: steps }, () => cell.cache(lanes))
  const decoded = Array.from({ length: blocks }, () => ({
    cache: cell.cache(rows),
    input: buffer(rows, d),
    state: buffer(rows, d),
  }))
  const step = (of: Float64Array, k: number): Float64Array => of.subarray(k * lanes * d, (k + 1) * lanes * d)

  /** Visits the channels that the embedding of a row is made of, and the share of each. */
  const embeddings = (row: number, visit: (at: number, share: number) => void): void => {
    const own = channelOf[row % lanes]
    if (own >= 0) visit(net.channel + own * half, 1)
    else for (let c = 0; c < channels; c++) visit(net.channel + c * half, 1 / channels)
  }

  const drop = (of: Float64Array, block: number): void => {
    if (mask) for (let i = 0; i < of.length; i++) of[i] *= mask[block * rows * d + i]
  }

  const writeInputs = (m: number, input: Float64Array): void => {
    input.fill(0)
    for (let row = 0; row < rows; row++) {
      for (let j = 0; j < half; j++) input[row * d + j] = weights[net.position + m * half + j]
      embeddings(row, (at, share) => {
        for (let j = 0; j < half; j++) input[row * d + half + j] += share * weights[at + j]
      })
    }
  }

  const addInputGradients = (m: number, dInput: Float64Array): void => {
    for (let row = 0; row < rows; row++) {
      for (let j = 0; j < half; j++) grads[net.position + m * half + j] += dInput[row * d + j]
      embeddings(row, (at, share) => {
        for (let j = 0; j < half; j++) grads[at + j] += share * dInput[row * d + half + j]
      })
    }
  }

  return {
    x,
    h,
    out,
    dOut,
    forward() {
      encoder.forward(x, z, rows)
      for (let i = 0; i < z.length; i++) z[i] = Math.max(z[i], 0)
      for (const [k, cache] of caches.entries()) cell.forward(step(z, k), step(h, k), step(h, k + 1), cache)
      for (const [m, { cache, input, state }] of decoded.entries()) {
        writeInputs(m, input)
        cell.forward(input, h.subarray(lanes * d), state, cache)
        drop(state, m)
        head.forward(state, mean, rows)
        sides.forward(state, side, rows)
        for (let row = 0; row < rows; row++) {
          const at = (m * rows + row) * 3 * w
          out.set(mean.subarray(row * w, (row + 1) * w), at)
          out.set(side.subarray(row * 2 * w, (row + 1) * 2 * w), at + w)
        }
      }
    },
    backward() {
      const dh = buffer(rows, d)
      const [dState, dOfSides, dInput, dPrev] = [0, 1, 2, 3].map(() => buffer(rows, d))
      for (const [m, { cache, state }] of decoded.entries()) {
        for (let row = 0; row < rows; row++) {
          const at = (m * rows + row) * 3 * w
          mean.set(dOut.subarray(at, at + w), row * w)
          side.set(dOut.subarray(at + w, at + 3 * w), row * 2 * w)
        }
        head.backward(state, mean, dState, rows)
        sides.backward(state, side, dOfSides, rows)
        for (let i = 0; i < dState.length; i++) dState[i] += sideShare * dOfSides[i]
        drop(dState, m)
        cell.backward(cache, dState, dInput, dPrev)
        for (let i = 0; i < dh.length; i++) dh[i] += dPrev[i]
        addInputGradients(m, dInput)
      }
      const dz = buffer(rows, d)
      const carried = buffer(lanes, d)
      for (let k = steps - 1; k >= 0; k--) {
        for (const [i, v] of step(dh, k).entries()) carried[i] += v
        cell.backward(caches[k], carried, step(dz, k), carried)
      }
      for (let i = 0; i < dz.length; i++) if (z[i] <= 0) dz[i] = 0
      encoder.backward(x, dz, null, rows)
    },
  }
}

/** Targets of outputs that lie as {@link Oracle.out}, and the share of each in the loss: [block][step][lane][segment]. */
export interface Targets {
  readonly target: ArrayLike<number>
  readonly share: ArrayLike<number>
  /** What the limits lie about; by default the means. They are held where they are by a check of gradients. */
  readonly centre?: ArrayLike<number>
}

/** Share of the truths beyond each limit, and the weight of the limits' loss. */
const TAIL = 0.05
const WEIGHT = 2

/**
 * Σ share · (|y − target| + 2·(pinball loss of both limits)), the limits being stopgrad(y) ∓ softplus(side).
 * @param dOut receives the gradient of `out`
 * @returns the first summand alone, and the whole
 */
export function intervalLoss(
  segment: number,
  out: Float64Array,
  { target, share, centre }: Targets,
  dOut: Float64Array,
): { error: number; total: number } {
  let error = 0
  let total = 0
  for (let i = 0; i < target.length; i++) {
    const at = Math.floor(i / segment) * 3 * segment + (i % segment)
    const y = out[at]
    const middle = centre ? centre[i] : y
    error += share[i] * Math.abs(y - target[i])
    total += share[i] * Math.abs(y - target[i])
    dOut[at] = share[i] * Math.sign(y - target[i])
    for (const [side, sign] of [
      [at + segment, -1],
      [at + 2 * segment, 1],
    ]) {
      const limit = middle + sign * softplus(out[side])
      // Of the lower limit the quantile is 0.05, of the upper one 0.95.
      const quantile = sign < 0 ? TAIL : 1 - TAIL
      const missed = target[i] - limit
      total += WEIGHT * share[i] * Math.max(quantile * missed, (quantile - 1) * missed)
      const slope = missed > 0 ? -quantile : 1 - quantile
      dOut[side] = (WEIGHT * share[i] * slope * sign) / (1 + Math.exp(-out[side]))
    }
  }
  return { error, total }
}

export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))
}
