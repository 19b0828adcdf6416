import type { CellLayout } from '../engine/layout.ts'
import type { GruSpec } from '../engine/spec.ts'
import { type CellCache, createCell } from './gru-cell.ts'

/** One layer of a GRU, one or two directions, over a whole batch of sequences in time-major order. */
export interface BpttLayer {
  /** [time][batch][directions · H], the forward half first. */
  readonly out: Float64Array
  /** Gradient of `out`, to be filled in before backward. */
  readonly dOut: Float64Array
  /** Reads `input`, writes `out` and the final states; h0 and hn are [direction][batch][H]. */
  forward(h0: Float64Array, hn: Float64Array): void
  /** Adds the weights' gradients, overwrites `dInput`, and turns `dh` from the gradient of hn into that of h0. */
  backward(dh: Float64Array, dInput: Float64Array): void
}

/** What one direction of a layer keeps of its run: everything in the order in which it is stepped. */
interface Pass {
  readonly steps: readonly { readonly cache: CellCache; readonly x: Float64Array; readonly time: number }[]
  /** steps + 1 states [batch][H]. */
  readonly states: readonly Float64Array[]
  readonly cell: ReturnType<typeof createCell>
}

/** Opens a layer on packed weights and gradients. `input` is [time][batch][inputSize], read in place. */
export function createLayer(
  spec: GruSpec,
  cells: readonly CellLayout[],
  weights: Float64Array,
  grads: Float64Array,
  { batch, time, input }: { readonly batch: number; readonly time: number; readonly input: Float64Array },
): BpttLayer {
  const H = spec.hiddenSize
  const size = batch * H
  const width = cells.length * H
  const inputLength = batch * cells[0].inputSize
  const passes = cells.map((place): Pass => {
    const cell = createCell(spec, place, weights, grads)
    const times = Array.from({ length: time }, (_, i) => (place.reverse ? time - 1 - i : i))
    return {
      cell,
      steps: times.map((t) => ({
        cache: cell.cache(batch),
        x: input.subarray(t * inputLength, (t + 1) * inputLength),
        time: t,
      })),
      states: Array.from({ length: time + 1 }, () => new Float64Array(size)),
    }
  })
  const out = new Float64Array(time * batch * width)
  const dOut = new Float64Array(out.length)
  const dxStep = new Float64Array(inputLength)
  const dhStep = new Float64Array(size)

  return {
    out,
    dOut,
    forward(h0, hn) {
      passes.forEach(({ cell, steps, states }, d) => {
        states[0].set(h0.subarray(d * size, (d + 1) * size))
        steps.forEach(({ cache, x, time: t }, i) => {
          cell.forward(x, states[i], states[i + 1], cache)
          placeColumns(states[i + 1], out, batch, H, t * batch * width + d * H, width)
        })
        hn.set(states[time], d * size)
      })
    },
    backward(dh, dInput) {
      dInput.fill(0)
      passes.forEach(({ cell, steps }, d) => {
        dhStep.set(dh.subarray(d * size, (d + 1) * size))
        for (let i = time - 1; i >= 0; i--) {
          const { cache, time: t } = steps[i]
          addColumns(dOut, dhStep, batch, H, t * batch * width + d * H, width)
          cell.backward(cache, dhStep, dxStep, dhStep)
          const at = t * inputLength
          for (let k = 0; k < inputLength; k++) dInput[at + k] += dxStep[k]
        }
        dh.set(dhStep, d * size)
      })
    },
  }
}

/** Writes [rows][cols] as columns of a wider matrix. */
function placeColumns(
  from: Float64Array,
  to: Float64Array,
  rows: number,
  cols: number,
  at: number,
  width: number,
): void {
  for (let row = 0; row < rows; row++) {
    for (let j = 0; j < cols; j++) to[at + row * width + j] = from[row * cols + j]
  }
}

/** Adds columns of a wider matrix to [rows][cols]. */
function addColumns(
  from: Float64Array,
  to: Float64Array,
  rows: number,
  cols: number,
  at: number,
  width: number,
): void {
  for (let row = 0; row < rows; row++) {
    for (let j = 0; j < cols; j++) to[row * cols + j] += from[at + row * width + j]
  }
}
