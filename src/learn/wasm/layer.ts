import type { CellLayout } from '../../engine/layout.ts'
import type { GruSpec } from '../../engine/spec.ts'
import { type Arena, paddedCols } from './arena.ts'
import { type CellPlaces, createWasmCell } from './cell.ts'
import { dense, from, type Matrix } from './linear.ts'
import type { Weights } from './weights.ts'

/** One layer of a GRU, one or two directions, over a whole batch of sequences in time-major order. Rows are padded. */
export interface WasmLayer {
  /** [time][batch][directions · H], the forward half first. */
  readonly out: Matrix
  /** Gradient of `out`, to be filled in before backward. */
  readonly dOut: Matrix
  /** Padded columns of `out`. */
  readonly width: number
  /** Initial and final states of each direction, in rows of `out` and of one more step at either end. */
  readonly ends: readonly { readonly first: Matrix; readonly last: Matrix; readonly dh: Matrix }[]
  pack(): void
  forward(): void
  /** Adds the weights' gradients and turns each `dh` from the gradient of the final state into that of the initial. */
  backward(): void
  /** Writes the gradient of the input; after backward. */
  inputGradients(dInput: Matrix): void
}

/** Opens a layer on placed weights. `batch` counts padded rows; `input` is read in place. */
export function createWasmLayer(
  arena: Arena,
  weights: Weights,
  spec: GruSpec,
  cells: readonly { readonly layout: CellLayout; readonly places: CellPlaces }[],
  { batch, time, input }: { readonly batch: number; readonly time: number; readonly input: Matrix },
): WasmLayer {
  const H = paddedCols(spec.hiddenSize)
  const width = cells.length * H
  const rows = time * batch
  // One more step at either end holds the initial states, so that the state before a step always lies beside it.
  const states = dense(arena.take((time + 2) * batch * width), width)
  const out = from(states, batch)
  const dOut = dense(arena.take(rows * width), width)
  const zeros: Matrix = { at: arena.take(width), stride: 0 }

  const passes = cells.map(({ layout: { reverse }, places }, d) => {
    const cell = createWasmCell(arena, weights, spec, places, batch)
    const gates = dense(arena.take(rows * cell.gateWidth), cell.gateWidth)
    const dh = dense(arena.take(batch * H), H)
    const own = from(states, 0, d * H)
    const dOwn = from(dOut, 0, d * H)
    const times = Array.from({ length: time }, (_, i) => (reverse ? time - 1 - i : i))
    return {
      cell,
      gates,
      dh,
      /** The states before each step, in order of time. */
      before: from(own, reverse ? 2 * batch : 0),
      first: from(own, reverse ? (time + 1) * batch : 0),
      last: from(own, reverse ? batch : time * batch),
      steps: times.map((t) => ({
        gates: from(gates, t * batch),
        h: from(own, (reverse ? t + 2 : t) * batch),
        out: from(own, (t + 1) * batch),
        dOut: from(dOwn, t * batch),
      })),
    }
  })

  return {
    out,
    dOut,
    width,
    ends: passes,
    pack() {
      for (const { cell } of passes) cell.pack()
    },
    forward() {
      for (const { cell, gates, steps } of passes) {
        cell.inputs(rows, input, gates)
        for (const step of steps) cell.step(batch, step.gates, step.h, step.out)
      }
    },
    backward() {
      for (const { cell, gates, steps, dh, before } of passes) {
        for (let i = time - 1; i >= 0; i--) {
          const step = steps[i]
          cell.back(batch, step.gates, step.h, step.dOut, dh.at)
        }
        cell.gradients(rows, gates, input, before)
      }
    },
    inputGradients(dInput) {
      passes.forEach(({ cell, gates }, d) => {
        cell.inputGradients(rows, gates, d === 0 ? zeros : dInput, dInput)
      })
    },
  }
}
