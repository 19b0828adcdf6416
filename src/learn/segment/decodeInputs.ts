import { BYTES, paddedRows } from '../wasm/arena.ts'
import { dense, type Matrix } from '../wasm/linear.ts'
import type { WasmNet } from './wasmNet.ts'

/** A lane of a stream that has no embedding of its own, or goes without it for once. */
export const UNKNOWN = -1

/** What the decoder's steps take as inputs: [position ∥ channel], one row for each block of each lane. */
export interface DecodeInputs {
  /** [block][lane], padded rows at the end. */
  readonly rows: number
  readonly at: Matrix
  /** The channel of each lane, or {@link UNKNOWN}, which stands for the mean of all channels. */
  write(channels: ArrayLike<number>): void
  /** Adds the gradients of the rows, `dAt` as `at`, to those of positions and channels. */
  spread(channels: ArrayLike<number>, dAt: Matrix): void
}

/** Opens the inputs for so many lanes. */
export function createDecodeInputs(
  { arena, layout, hidden, positions, channels }: WasmNet,
  lanes: number,
): DecodeInputs {
  const { blocks, half } = layout
  const rows = paddedRows(blocks * lanes)
  const at = dense(arena.take(rows * hidden), hidden)
  const mean = new Float32Array(half)
  const dMean = new Float32Array(half)

  const takeMean = (): void => {
    mean.fill(0)
    if (channels.rows === 0) return
    const all = channels.values()
    for (let c = 0; c < channels.rows; c++) {
      for (let j = 0; j < half; j++) mean[j] += all[c * channels.stride + j]
    }
    for (let j = 0; j < half; j++) mean[j] /= channels.rows
  }

  return {
    rows,
    at,
    write(of) {
      takeMean()
      const to = arena.view(at.at, (rows * at.stride) / BYTES)
      const places = positions.values()
      const embeddings = channels.values()
      for (let m = 0; m < blocks; m++) {
        const place = places.subarray(m * positions.stride, m * positions.stride + half)
        for (let lane = 0; lane < lanes; lane++) {
          const row = (m * lanes + lane) * hidden
          const c = of[lane] * channels.stride
          to.set(place, row)
          to.set(of[lane] === UNKNOWN ? mean : embeddings.subarray(c, c + half), row + half)
        }
      }
    },
    spread(of, dAt) {
      const from = arena.view(dAt.at, (rows * dAt.stride) / BYTES)
      const dPlaces = positions.gradients()
      const dEmbeddings = channels.gradients()
      dMean.fill(0)
      for (let m = 0; m < blocks; m++) {
        for (let lane = 0; lane < lanes; lane++) {
          const row = (m * lanes + lane) * hidden
          const known = of[lane] !== UNKNOWN
          const c = of[lane] * channels.stride
          for (let j = 0; j < half; j++) {
            dPlaces[m * positions.stride + j] += from[row + j]
            if (known) dEmbeddings[c + j] += from[row + half + j]
            else dMean[j] += from[row + half + j]
          }
        }
      }
      for (let c = 0; c < channels.rows; c++) {
        for (let j = 0; j < half; j++) dEmbeddings[c * channels.stride + j] += dMean[j] / channels.rows
      }
    },
  }
}
