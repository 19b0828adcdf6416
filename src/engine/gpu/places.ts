import {
  type CopyOperation,
  hasRows,
  type Operation,
  type RestoreOperation,
  type RowsOperation,
  type SaveOperation,
} from './operation.ts'
import type { Limits, Shape } from './size.ts'

// Puts operations into as few stages as their order allows, so that what came together is computed together.
//
// Operations of different lanes do not touch each other. Each level has five phases in the order below, and each
// lane goes through them one after another: an operation takes the first place that comes after its lane's last one.

const WRITE = 0
const COPY = 1
export const AHEAD: number = 2
export const STEP: number = 3
const READ = 4
export const PHASES: number = 5

/** Phases in which one lane may have several operations: copies keep their order, the others change nothing. */
const REPEATS: readonly boolean[] = [false, true, true, false, true]

interface Level {
  readonly writes: RestoreOperation[]
  readonly copies: CopyOperation[]
  readonly reads: SaveOperation[]
  aheads: number
  steps: number
}

/** Which level and phase everything belongs to. */
export interface Places {
  readonly levels: readonly Level[]
  readonly rows: number
  /** Of each row: its place, the operation it belongs to, and its row there. */
  readonly keys: Int32Array
  readonly owners: Uint32Array
  readonly rowOf: Uint32Array
  readonly finished: number
  /** Rows of each operation that are planned now; those after the last are as they were. */
  readonly planned: readonly number[]
  /** Operations that have a part in it. */
  readonly used: number
}

export function findPlaces(
  operations: readonly Operation[],
  { inputSize, stateSize, width }: Shape,
  limits: Limits,
  last: Int32Array,
  base: number,
): Places {
  const most = Math.min(limits.rows, rowsIn(operations))
  const keys = new Int32Array(most)
  const owners = new Uint32Array(most)
  const rowOf = new Uint32Array(most)
  const levels: Level[] = []
  const planned: number[] = []
  let rows = 0
  let copies = 0
  let values = 0
  let finished = 0
  let used = 0

  /** The first level that can take `phase` of a lane. */
  const levelFor = (lane: number, phase: number): number => {
    // Places begin at 1, so that 0 is none.
    const place = last[lane] - base - 1
    if (place < 0) return 0
    const level = Math.floor(place / PHASES)
    const before = place % PHASES
    return phase > before || (phase === before && REPEATS[phase]) ? level : level + 1
  }
  const fits = (level: number, size: number): boolean =>
    values === 0 || (level < limits.levels && values + size <= limits.values)
  const enter = (level: number, size: number): Level => {
    values += size
    while (levels.length <= level) levels.push({ writes: [], copies: [], reads: [], aheads: 0, steps: 0 })
    return levels[level]
  }
  const leave = (lane: number, level: number, phase: number): void => {
    last[lane] = base + PHASES * level + phase + 1
  }

  /** Whether all of it has found a place. */
  function place(operation: Operation, index: number): boolean {
    planned[index] = 0
    if (hasRows(operation)) return placeRows(operation, index)
    if (operation.kind === 'copy') {
      const { from, to } = operation
      const level = Math.max(levelFor(from, COPY), levelFor(to, COPY))
      if (copies === limits.copies || !fits(level, 1)) return false
      copies++
      enter(level, 1).copies.push(operation)
      leave(from, level, COPY)
      leave(to, level, COPY)
      return true
    }
    const phase = operation.kind === 'save' ? READ : WRITE
    const level = levelFor(operation.lane, phase)
    if (!fits(level, stateSize + 1)) return false
    const at = enter(level, stateSize + 1)
    if (operation.kind === 'save') at.reads.push(operation)
    else at.writes.push(operation)
    leave(operation.lane, level, phase)
    return true
  }

  function placeRows(operation: RowsOperation, index: number): boolean {
    const { lanes } = operation
    const phase = operation.kind === 'step' ? STEP : AHEAD
    const size = inputSize + width + 2
    for (let row = operation.planned; row < lanes.length; row++) {
      planned[index] = row
      const lane = lanes[row]
      const level = levelFor(lane, phase)
      if (rows === most || !fits(level, size)) return false
      const at = enter(level, size)
      if (phase === STEP) at.steps++
      else at.aheads++
      leave(lane, level, phase)
      keys[rows] = PHASES * level + phase
      owners[rows] = index
      rowOf[rows++] = row
    }
    planned[index] = lanes.length
    return true
  }

  while (finished < operations.length) {
    const before = values
    const whole = place(operations[finished], finished)
    if (whole || values > before) used = finished + 1
    if (!whole) break
    finished++
  }
  return { levels, rows, keys, owners, rowOf, finished, planned, used }
}

function rowsIn(operations: readonly Operation[]): number {
  let rows = 0
  for (const operation of operations)
    if (hasRows(operation)) rows += operation.lanes.length - operation.planned
  return rows
}
