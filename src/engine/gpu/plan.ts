import { copy } from './copy.ts'
import { hasRows, type Operation, type RowsOperation, type SaveOperation } from './operation.ts'
import { AHEAD, findPlaces, PHASES, type Places, STEP } from './places.ts'
import type { Limits, Shape } from './size.ts'

/** A part of a batch; parts are carried out in order. */
export type Part =
  | { readonly kind: 'write'; readonly lanes: Int32Array; readonly states: Float32Array }
  | { readonly kind: 'copy'; readonly from: number; readonly to: number }
  /** Rows `first` to `first + rows` at once: `aheads` of them look ahead and come first, the others step distinct lanes. */
  | { readonly kind: 'step'; readonly first: number; readonly rows: number; readonly aheads: number }
  | { readonly kind: 'read'; readonly lanes: Int32Array }

/** What is computed without asking in between. */
export interface Work {
  readonly parts: readonly Part[]
  readonly rows: number
  /** [rows, inputSize] */
  readonly inputs: Float32Array
  /** The lane that row i starts from. */
  readonly from: Int32Array
  /** The lane that gets the state of row i; −1 for none. */
  readonly to: Int32Array
}

/** Work, and whose it is. */
export interface Batch extends Work {
  /** Operations of which at least a part is in this batch, in order. */
  readonly operations: readonly Operation[]
  /** For row i: the place in `operations` of the one it belongs to, and its row there. */
  readonly operationOf: Uint32Array
  readonly rowOf: Uint32Array
  /** Who gets the states that are read, in the order of reading. */
  readonly saves: readonly SaveOperation[]
  /** Number of operations that are in this batch or in earlier ones to their end. */
  readonly finished: number
}

/** Puts operations into batches; it keeps what it needs of memory from one batch to the next. */
export type Planner = (operations: readonly Operation[], shape: Shape, limits: Limits) => Batch

/** Makes the function that plans operations from the first on, up to the limits, and marks which rows are planned. */
export function createPlanner(): Planner {
  /** Each lane's last place in this plan is what is here above `base`; what is below is of earlier plans. */
  let last = new Int32Array(0)
  let base = 0

  return (operations, shape, limits) => {
    if (last.length < shape.lanes || base > MOST_PLACES) {
      last = new Int32Array(Math.max(last.length, shape.lanes))
      base = 0
    }
    const places = findPlaces(operations, shape, limits, last, base)
    base += PHASES * places.levels.length + 1
    const batch = arrange(operations, shape, places)
    // Only now: rows of a plan that comes to nothing are still to be planned.
    for (const [i, rows] of places.planned.entries()) {
      const operation = operations[i]
      if (hasRows(operation)) operation.planned = rows
    }
    return batch
  }
}

/** Far from the largest number that a lane's place can be. */
const MOST_PLACES = 2 ** 30

/** Puts everything in the order of its place. */
function arrange(operations: readonly Operation[], { inputSize, stateSize }: Shape, places: Places): Batch {
  const { levels, rows, keys, owners, rowOf, finished, used } = places
  const parts: Part[] = []
  const saves: SaveOperation[] = []
  /** Where the next row of a level's phase goes. */
  const next = new Uint32Array(PHASES * levels.length)
  let first = 0
  levels.forEach((level, i) => {
    const { writes, copies, reads, aheads, steps } = level
    if (writes.length > 0) {
      const states = new Float32Array(writes.length * stateSize)
      writes.forEach(({ state }, j) => {
        states.set(state, j * stateSize)
      })
      parts.push({ kind: 'write', lanes: lanesOf(writes), states })
    }
    for (const { from, to } of copies) parts.push({ kind: 'copy', from, to })
    next[PHASES * i + AHEAD] = first
    next[PHASES * i + STEP] = first + aheads
    const count = aheads + steps
    if (count > 0) parts.push({ kind: 'step', first, rows: count, aheads })
    first += count
    if (reads.length > 0) parts.push({ kind: 'read', lanes: lanesOf(reads) })
    for (const save of reads) saves.push(save)
  })

  const batch = {
    parts,
    rows,
    inputs: new Float32Array(rows * inputSize),
    from: new Int32Array(rows),
    to: new Int32Array(rows),
    operations: operations.slice(0, used),
    operationOf: new Uint32Array(rows),
    rowOf: new Uint32Array(rows),
    saves,
    finished,
  }
  for (let i = 0; i < rows; ) {
    // Rows of one operation mostly stay together.
    const begin = i
    const owner = owners[i]
    const key = keys[i]
    while (i < rows && owners[i] === owner && keys[i] === key) i++
    const { kind, lanes, inputs } = operations[owner] as RowsOperation
    const row = rowOf[begin]
    const to = next[key]
    const count = i - begin
    next[key] += count
    copy(inputs, row * inputSize, batch.inputs, to * inputSize, count * inputSize)
    for (let j = 0; j < count; j++) {
      const lane = lanes[row + j]
      batch.from[to + j] = lane
      batch.to[to + j] = kind === 'step' ? lane : -1
      batch.operationOf[to + j] = owner
      batch.rowOf[to + j] = row + j
    }
  }
  return batch
}

function lanesOf(operations: readonly { readonly lane: number }[]): Int32Array {
  return Int32Array.from(operations, ({ lane }) => lane)
}
