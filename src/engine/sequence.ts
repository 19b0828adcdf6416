import type { Backend, Lanes } from './backend.ts'
import { type CellLayout, layout } from './layout.ts'
import { createModel, type Model } from './model.ts'
import { directions, gruSpec } from './spec.ts'
import { wasm } from './wasm/wasm.ts'

/** Of empty rows there could be any number otherwise. */
const MAX_BATCH = 2 ** 24

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
  const { spec } = model
  const { cells, head } = layout(spec)
  const D = directions(spec)
  const H = spec.hiddenSize
  whole('batch', batch, MAX_BATCH)
  whole('time', time, Number.MAX_SAFE_INTEGER)
  checkVector('x', x, batch * time * spec.inputSize)
  if (lengths && lengths.length !== batch) {
    throw new RangeError(`lengths must hold ${batch} values, got ${lengths.length}`)
  }
  const steps = Array.from({ length: batch }, (_, row) => lengths?.[row] ?? time)
  for (const length of steps) whole('lengths', length, time)
  if (h0) checkVector('h0', h0, cells.length * batch * H)

  const hn = new Float32Array(cells.length * batch * H)
  const order = timeMajor(steps)
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
      const places = order.steps.map((step, i) => {
        const row = order.rows[i]
        return row * time + (cell.reverse ? steps[row] - 1 - step : step)
      })
      const to = { values: y, width: D * H, from: d * H, size: H }
      run(lanes, order.rows, places, { values: below, width: cell.inputSize }, to)
      for (let row = 0; row < batch; row++) hn.set(lanes.save(row), states + row * H)
    }
  }
  return head ? { y, hn, out: backend.project(model, y) } : { y, hn }
}

/** The valid steps of all rows, all rows' step 0 before all rows' step 1: which row, and which of its steps. */
interface Order {
  readonly rows: Uint32Array
  readonly steps: Uint32Array
}

function timeMajor(lengths: readonly number[]): Order {
  const total = lengths.reduce((sum, length) => sum + length, 0)
  const rows = new Uint32Array(total)
  const steps = new Uint32Array(total)
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0)
  let i = 0
  for (let step = 0; step < longest; step++) {
    for (let row = 0; row < lengths.length; row++) {
      if (step >= lengths[row]) continue
      rows[i] = row
      steps[i++] = step
    }
  }
  return { rows, steps }
}

/** Numbers of one call into the backend: few enough to stay in a cache. */
const CHUNK = 16_384

/**
 * Steps lane `rows[i]` with row `places[i]` of `below` [places, width], and writes its state to columns `from` to
 * `from + size` of row `places[i]` of `above` [places, width].
 */
function run(
  lanes: Lanes,
  rows: Uint32Array,
  places: Uint32Array,
  below: { readonly values: Float32Array; readonly width: number },
  above: {
    readonly values: Float32Array
    readonly width: number
    readonly from: number
    readonly size: number
  },
): void {
  const { width: I } = below
  const { size: H } = above
  const most = Math.min(rows.length, Math.ceil(CHUNK / Math.max(I, H)))
  const inputs = new Float32Array(most * I)
  for (let first = 0; first < rows.length; first += most) {
    const n = Math.min(most, rows.length - first)
    for (let i = 0; i < n; i++) {
      const from = places[first + i] * I
      for (let k = 0; k < I; k++) inputs[i * I + k] = below.values[from + k]
    }
    const outputs = lanes.step(rows.subarray(first, first + n), inputs.subarray(0, n * I))
    for (let i = 0; i < n; i++) {
      const to = places[first + i] * above.width + above.from
      for (let k = 0; k < H; k++) above.values[to + k] = outputs[i * H + k]
    }
  }
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
