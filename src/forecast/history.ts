/**
 * The newest values of one stream on its grid, contiguous in memory and oldest first.
 *
 * Grows as it fills, up to `capacity` values; then the oldest are dropped.
 */
export interface History {
  /** Backing arrays: usable from `first` to `end`, exclusive. */
  values: Float64Array
  /** 1 where a reading was observed, 0 where the grid filled in. */
  observed: Uint8Array
  first: number
  end: number
  readonly capacity: number
}

const SMALLEST = 256
/** Share of the capacity that there is room for beyond it. */
const SLACK = 1 / 8

export function createHistory(capacity: number): History {
  const size = Math.min(SMALLEST, roomy(capacity))
  return { values: new Float64Array(size), observed: new Uint8Array(size), first: 0, end: 0, capacity }
}

/** Appends one value; amortised constant time. */
export function append(history: History, value: number, observed: boolean): void {
  if (history.end === history.values.length) makeRoom(history)
  history.values[history.end] = value
  history.observed[history.end] = observed ? 1 : 0
  history.end++
  if (history.end - history.first > history.capacity) history.first = history.end - history.capacity
}

/** Number of values held. */
export function length(history: History): number {
  return history.end - history.first
}

function roomy(capacity: number): number {
  return capacity + Math.ceil(SLACK * capacity)
}

function makeRoom(history: History): void {
  const { values, observed, first, end, capacity } = history
  // Beyond the capacity there is room for some appends between two moves.
  const size = Math.min(roomy(capacity), Math.max(values.length, 2 * (end - first)))
  const moved = { values: new Float64Array(size), observed: new Uint8Array(size) }
  moved.values.set(values.subarray(first, end))
  moved.observed.set(observed.subarray(first, end))
  Object.assign(history, moved, { first: 0, end: end - first })
}
