import {
  type CopyOperation,
  hasRows,
  type Operation,
  type RestoreOperation,
  type RowsOperation,
  type SaveOperation,
} from './operation.ts'

// Puts operations into as few stages as their order allows, so that what came together is computed together.
//
// Operations of different lanes do not touch each other. Each level has five phases in the order below, and each
// lane goes through them one after another: an operation takes the first place that comes after its lane's last one.

const WRITE = 0
const COPY = 1
const AHEAD = 2
const STEP = 3
const READ = 4
const PHASES = 5

/** Phases in which one lane may have several operations: copies keep their order, the others change nothing. */
const REPEATS: readonly boolean[] = [false, true, true, false, true]

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

export interface Shape {
  readonly lanes: number
  readonly inputSize: number
  /** Values of one state. */
  readonly stateSize: number
  /** Values of one row of outputs. */
  readonly width: number
}

/** How large a batch may be; one row is in any batch. */
export interface Limits {
  readonly rows: number
  /** Values of 4 bytes that go in and out. */
  readonly values: number
  readonly levels: number
}

interface Level {
  readonly writes: RestoreOperation[]
  readonly copies: CopyOperation[]
  readonly reads: SaveOperation[]
  aheads: number
  steps: number
}

/**
 * Plans operations from the first on, up to the limits, and marks in them which rows are planned.
 */
export function plan(operations: readonly Operation[], shape: Shape, limits: Limits): Batch {
  const { inputSize, stateSize, width } = shape
  const last = new Int32Array(shape.lanes).fill(-1)
  const levels: Level[] = []
  const keys: number[] = []
  const owners: number[] = []
  const rowOf: number[] = []
  let values = 0
  let finished = 0
  let used = 0

  /** The first level that can take `phase` of a lane whose last place is `place`. */
  const levelAfter = (place: number, phase: number): number => {
    if (place < 0) return 0
    const level = Math.floor(place / PHASES)
    const before = place % PHASES
    return phase > before || (phase === before && REPEATS[phase]) ? level : level + 1
  }
  const fits = (level: number, size: number): boolean =>
    values === 0 || (level < limits.levels && values + size <= limits.values && keys.length < limits.rows)
  const enter = (level: number, size: number): Level => {
    values += size
    while (levels.length <= level) levels.push({ writes: [], copies: [], reads: [], aheads: 0, steps: 0 })
    return levels[level]
  }

  /** Whether all of it has found a place. */
  function place(operation: Operation, index: number): boolean {
    if (hasRows(operation)) return placeRows(operation, index)
    if (operation.kind === 'copy') {
      const { from, to } = operation
      const level = Math.max(levelAfter(last[from], COPY), levelAfter(last[to], COPY))
      if (!fits(level, 1)) return false
      enter(level, 1).copies.push(operation)
      last[from] = last[to] = PHASES * level + COPY
      return true
    }
    const phase = operation.kind === 'save' ? READ : WRITE
    const level = levelAfter(last[operation.lane], phase)
    if (!fits(level, stateSize + 1)) return false
    const at = enter(level, stateSize + 1)
    if (operation.kind === 'save') at.reads.push(operation)
    else at.writes.push(operation)
    last[operation.lane] = PHASES * level + phase
    return true
  }

  function placeRows(operation: RowsOperation, index: number): boolean {
    const { lanes } = operation
    const phase = operation.kind === 'step' ? STEP : AHEAD
    const size = inputSize + width + 2
    while (operation.planned < lanes.length) {
      const lane = lanes[operation.planned]
      const level = levelAfter(last[lane], phase)
      if (!fits(level, size)) return false
      const at = enter(level, size)
      if (phase === STEP) at.steps++
      else at.aheads++
      last[lane] = PHASES * level + phase
      keys.push(PHASES * level + phase)
      owners.push(index)
      rowOf.push(operation.planned++)
    }
    return true
  }

  while (finished < operations.length) {
    const before = values
    const whole = place(operations[finished], finished)
    if (whole || values > before) used = finished + 1
    if (!whole) break
    finished++
  }

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
    const rows = aheads + steps
    if (rows > 0) parts.push({ kind: 'step', first, rows, aheads })
    first += rows
    if (reads.length > 0) parts.push({ kind: 'read', lanes: lanesOf(reads) })
    saves.push(...reads)
  })

  const batch = {
    parts,
    rows: first,
    inputs: new Float32Array(first * inputSize),
    from: new Int32Array(first),
    to: new Int32Array(first),
    operations: operations.slice(0, used),
    operationOf: new Uint32Array(first),
    rowOf: new Uint32Array(first),
    saves,
    finished,
  }
  for (let i = 0; i < first; i++) {
    const { kind, lanes, inputs } = operations[owners[i]] as RowsOperation
    const row = rowOf[i]
    const to = next[keys[i]]++
    for (let k = 0; k < inputSize; k++) batch.inputs[to * inputSize + k] = inputs[row * inputSize + k]
    batch.from[to] = lanes[row]
    batch.to[to] = kind === 'step' ? lanes[row] : -1
    batch.operationOf[to] = owners[i]
    batch.rowOf[to] = row
  }
  return batch
}

function lanesOf(operations: readonly { readonly lane: number }[]): Int32Array {
  return Int32Array.from(operations, ({ lane }) => lane)
}
