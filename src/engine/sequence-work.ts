import { checkFinite, checkLength } from './check.ts'
import { type CellLayout, layout } from './layout.ts'
import { createModel, type Model } from './model.ts'
import { directions, gruSpec } from './spec.ts'

/** Of empty rows there could be any number otherwise. */
const MAX_BATCH = 2 ** 24

/** What a sequence is made of, for whoever steps it: cells one after the other, each over all rows. */
export interface SequenceWork {
  /** Valid steps of each batch row. */
  readonly lengths: Uint32Array
  /** The batch rows that have any, longest first: at every step those still under way come first. */
  readonly rows: Uint32Array
  /** Last states [layers · directions, batch, hiddenSize], once all cells have run. */
  readonly hn: Float32Array
  /** What the newest layer gives [batch, time, directions · hiddenSize]. */
  readonly y: Float32Array
  /** Each is to have run before the next is asked for. */
  cells(): Generator<CellWork>
}

/** One layer in one direction over all rows; who runs it writes `above` and `states`. */
export interface CellWork {
  /** A model of its own, which steps forwards whatever the order of its inputs. */
  readonly model: Model
  /** First states [batch, hiddenSize], then those after each row's last step so far. */
  readonly states: Float32Array
  /** Inputs [batch, time, inputSize]. */
  readonly below: Float32Array
  /** Outputs [batch, time, width], of which this cell's are columns `column` to `column + hiddenSize`. */
  readonly above: Float32Array
  readonly width: number
  readonly column: number
  /** Which row of [batch, time] has the step of a batch row: in reverse, step 0 is the last valid one. */
  place(row: number, step: number): number
}

/** Some steps, `from` to below `to`, of the rows at `first` to below `end` in {@link SequenceWork.rows}. */
export interface Part {
  readonly first: number
  readonly end: number
  readonly from: number
  readonly to: number
}

/** All steps of all rows. */
export function wholePart({ lengths, rows }: SequenceWork): Part {
  return { first: 0, end: rows.length, from: 0, to: rows.length > 0 ? lengths[rows[0]] : 0 }
}

/** How many of the rows before `end` still have step `step`. */
export function underWay({ lengths, rows }: SequenceWork, end: number, step: number): number {
  while (end > 0 && lengths[rows[end - 1]] <= step) end -= 1
  return end
}

/**
 * Checks the arguments of a sequence and says what there is to do.
 * @throws RangeError naming the argument that does not fit or is not finite
 */
export function sequenceWork(
  model: Model,
  x: Float32Array,
  options: {
    readonly batch: number
    readonly time: number
    readonly h0?: Float32Array
    readonly lengths?: ArrayLike<number>
  },
): SequenceWork {
  const { batch, time, h0, lengths } = options
  const { spec } = model
  const { cells } = layout(spec)
  const { hiddenSize: H } = spec
  const D = directions(spec)
  whole('batch', batch, MAX_BATCH)
  whole('time', time, Number.MAX_SAFE_INTEGER)
  checkLength('x', x, batch * time * spec.inputSize)
  checkFinite('x', x)
  const steps = stepCounts(batch, time, lengths)
  const states = cells.length * batch * H
  if (h0) {
    checkLength('h0', h0, states)
    checkFinite('h0', h0)
  }
  const hn = h0?.slice() ?? new Float32Array(states)
  let y = x

  return {
    lengths: steps,
    rows: longestFirst(steps),
    hn,
    get y() {
      return y
    },
    *cells() {
      for (let first = 0; first < cells.length; first += D) {
        const below = y
        y = new Float32Array(batch * time * D * H)
        for (let d = 0; d < D; d++) {
          const cell = cells[first + d]
          yield {
            model: cellModel(model, cell),
            states: hn.subarray((first + d) * batch * H, (first + d + 1) * batch * H),
            below,
            above: y,
            width: D * H,
            column: d * H,
            place: cell.reverse
              ? (row, step) => row * time + steps[row] - 1 - step
              : (row, step) => row * time + step,
          }
        }
      }
    },
  }
}

function stepCounts(batch: number, time: number, lengths: ArrayLike<number> | undefined): Uint32Array {
  if (lengths && lengths.length !== batch) {
    throw new RangeError(`lengths must hold ${batch} values, got ${lengths.length}`)
  }
  const steps = new Uint32Array(batch).fill(time)
  for (let row = 0; lengths && row < batch; row++) {
    whole('lengths', lengths[row], time)
    steps[row] = lengths[row]
  }
  return steps
}

function longestFirst(lengths: Uint32Array): Uint32Array {
  const rows = Uint32Array.from(lengths.keys()).filter((row) => lengths[row] > 0)
  const alike = rows.every((row) => lengths[row] === lengths[rows[0]])
  return alike ? rows : rows.sort((a, b) => lengths[b] - lengths[a])
}

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
