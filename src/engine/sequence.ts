import type { Backend } from './backend.ts'
import { type CellLayout, layout } from './layout.ts'
import { createModel, type Model } from './model.ts'
import { referenceHead } from './reference.ts'
import { directions, gruSpec } from './spec.ts'
import { wasm } from './wasm/wasm.ts'

export interface SequenceOptions {
  readonly batch: number
  readonly time: number
  /** First states [layers · directions, batch, hiddenSize], in the order l0 forward, l0 reverse, l1 forward… @default zeros */
  readonly h0?: Float32Array
  /** Valid steps of each batch row, 0 to time. @default all */
  readonly lengths?: ArrayLike<number>
  /** @default wasm */
  readonly backend?: Backend
}

export interface Sequence {
  /** Top layer [batch, time, directions · hiddenSize], forward half first, in time order; 0 where padded. */
  readonly y: Float32Array
  /** Last states [layers · directions, batch, hiddenSize]: after the last valid step, in reverse after step 0. */
  readonly hn: Float32Array
  /** Projection of every y [batch, time, outputSize]; absent without one. */
  readonly out?: Float32Array
}

/**
 * Runs a GRU over x [batch, time, inputSize]: all layers and directions.
 *
 * Lengths act as PyTorch's packed sequences do: the reverse direction begins at a row's last valid step.
 * @throws RangeError naming the argument that does not fit or is not finite.
 */
export function sequence(model: Model, x: Float32Array, options: SequenceOptions): Sequence {
  const { batch, time, h0, lengths, backend = wasm } = options
  const { spec, weights } = model
  const { cells, head } = layout(spec)
  const D = directions(spec)
  const H = spec.hiddenSize
  whole('batch', batch, Number.MAX_SAFE_INTEGER)
  whole('time', time, Number.MAX_SAFE_INTEGER)
  const steps = Array.from({ length: batch }, (_, row) => lengths?.[row] ?? time)
  if (lengths && lengths.length !== batch) {
    throw new RangeError(`lengths must hold ${batch} values, got ${lengths.length}`)
  }
  for (const length of steps) whole('lengths', length, time)
  checkVector('x', x, batch * time * spec.inputSize)
  if (h0) checkVector('h0', h0, cells.length * batch * H)

  const hn = new Float32Array(cells.length * batch * H)
  let y = x
  for (let first = 0; first < cells.length; first += D) {
    const below = y
    y = new Float32Array(batch * time * D * H)
    for (let d = 0; d < D; d++) {
      const states = (first + d) * batch * H
      const cell = cells[first + d]
      const lanes = backend.open(cellModel(model, cell), batch)
      for (let row = 0; h0 && row < batch; row++) {
        lanes.restore(row, h0.subarray(states + row * H, states + (row + 1) * H))
      }
      for (let step = 0; step < time; step++) {
        const rows = [...steps.keys()].filter((row) => step < steps[row])
        const inputs = new Float32Array(rows.length * cell.inputSize)
        const at = rows.map((row) => row * time + (cell.reverse ? steps[row] - 1 - step : step))
        at.forEach((t, i) => {
          inputs.set(below.subarray(t * cell.inputSize, (t + 1) * cell.inputSize), i * cell.inputSize)
        })
        const outputs = lanes.step(rows, inputs)
        at.forEach((t, i) => {
          y.set(outputs.subarray(i * H, (i + 1) * H), (t * D + d) * H)
        })
      }
      for (let row = 0; row < batch; row++) hn.set(lanes.save(row), states + row * H)
    }
  }
  if (!head) return { y, hn }

  const out = new Float32Array(batch * time * spec.outputSize)
  for (let t = 0; t < batch * time; t++) {
    out.set(referenceHead(spec, weights, head, y.subarray(t * D * H, (t + 1) * D * H)), t * spec.outputSize)
  }
  return { y, hn, out }
}

/** One layer in one direction as a model of its own, which steps forwards whatever the order of its inputs. */
function cellModel({ spec, weights }: Model, cell: CellLayout): Model {
  const { hiddenSize, biases, update, recurrentActivation } = spec
  const size = 3 * hiddenSize * (cell.inputSize + hiddenSize + biases)
  return createModel(
    gruSpec({ inputSize: cell.inputSize, hiddenSize, biases, cell: spec.cell, update, recurrentActivation }),
    weights.subarray(cell.W, cell.W + size),
  )
}

function whole(name: string, value: number, max: number): void {
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw new RangeError(`${name} must be a whole number from 0 to ${max}, got ${String(value)}`)
  }
}

function checkVector(name: string, values: Float32Array, length: number): void {
  if (values.length !== length)
    throw new RangeError(`${name} must hold ${length} values, got ${values.length}`)
  const bad = values.findIndex((v) => !Number.isFinite(v))
  if (bad >= 0) throw new RangeError(`${name} must be finite, got ${values[bad]} at index ${bad}`)
}
