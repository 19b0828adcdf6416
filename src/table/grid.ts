import type { Column, Table } from './types.ts'

/** Longest gap, in rows, that is filled with NaN; as many rows may be added to as many as there are. */
const MAX_MISSING = 10_000
/** The same for all columns together, in cells. */
const MAX_MISSING_CELLS = 10_000_000
// Gains of the alpha-beta filter that follows the clock of the readings, and how far it may carry the period, as in the
// grid of live streams: jitter and a period slightly off do not add up to false gaps.
const PHASE_GAIN = 0.05
const PERIOD_GAIN = 0.0025
const PERIOD_RANGE = 0.1

/** Where readings lie on a regular grid. */
export interface Layout {
  /** Readings that are kept, in order, and the row of each: rising from 0. */
  readonly kept: Int32Array
  readonly at: Int32Array
  /** Rows of the grid, and how many of them have no reading. */
  readonly rows: number
  readonly missing: number
  /** Readings left out because they fell on a row that had one, and because they lie beyond a gap too long to be filled. */
  readonly crowded: number
  readonly cut: number
}

/**
 * Puts readings on the regular grid of their period.
 *
 * A gap of up to 10,000 rows (fewer if there are more than 1,000 columns) is left empty. At a longer one the readings
 * fall into parts, of which the one with most readings is kept, the newest of equal ones. Of that, the oldest are left
 * out until at most as many rows are empty as have readings, and 10,000 more.
 * @param times milliseconds, strictly rising
 * @param columns that will be laid out so
 */
export function layOut(times: Float64Array, period: number, columns: number): Layout {
  const most = Math.min(MAX_MISSING, Math.floor(MAX_MISSING_CELLS / columns))
  const { kept, steps } = placeAll(times, period)
  let { from, to } = longestPart(steps, most)
  let span = 0
  for (let i = from + 1; i < to; i++) span += steps[i]
  while (span - (to - from - 1) > to - from + most) {
    from++
    span -= steps[from]
  }
  const at = new Int32Array(to - from)
  for (let i = 1; i < at.length; i++) at[i] = at[i - 1] + steps[from + i]
  return {
    kept: kept.slice(from, to),
    at,
    rows: span + 1,
    missing: span + 1 - at.length,
    crowded: times.length - kept.length,
    cut: kept.length - at.length,
  }
}

/** The readings that get a row of their own, and the steps from the one before to each. */
function placeAll(times: Float64Array, base: number): { kept: Int32Array; steps: Int32Array } {
  const kept = new Int32Array(times.length)
  const steps = new Int32Array(times.length)
  let placed = 0
  let period = base
  let cutoff = 0
  for (let i = 0; i < times.length; i++) {
    const count = i === 0 ? 1 : Math.round((times[i] - cutoff) / period)
    if (count < 1) continue
    kept[placed] = i
    // Longer gaps are all the same.
    steps[placed++] = Math.min(count, MAX_MISSING + 2)
    if (i === 0 || count - 1 > MAX_MISSING) {
      cutoff = times[i]
      continue
    }
    const error = times[i] - (cutoff + count * period)
    cutoff += count * period + PHASE_GAIN * error
    const followed = period + (PERIOD_GAIN * error) / count
    period = Math.min(Math.max(followed, base * (1 - PERIOD_RANGE)), base * (1 + PERIOD_RANGE))
  }
  return { kept: kept.subarray(0, placed), steps: steps.subarray(0, placed) }
}

function longestPart(steps: Int32Array, most: number): { from: number; to: number } {
  let best = { from: 0, to: 0 }
  for (let from = 0, to = 1; to <= steps.length; to++) {
    if (to < steps.length && steps[to] - 1 <= most) continue
    if (to - from >= best.to - best.from) best = { from, to }
    from = to
  }
  return best
}

/** The values of a column on the grid, NaN where there is no reading. */
export function spread(values: Float64Array, { kept, at, rows }: Layout): Float64Array {
  const spreadOut = new Float64Array(rows).fill(Number.NaN)
  for (let i = 0; i < kept.length; i++) spreadOut[at[i]] = values[kept[i]]
  return spreadOut
}

/**
 * Puts the rows of a table on the regular grid of its period: a gap gets rows of NaN, so that a row is a period
 * everywhere. A table without times, and one that is regular already, comes back as it is.
 *
 * @returns the table, and a sentence for each kind of change; what may be left out is said at `layOut`
 */
export function onGrid(table: Table): { table: Table; notes: readonly string[] } {
  const { times, period, columns } = table
  if (times === null || period === null) return { table, notes: [] }
  const layout = layOut(times, period, columns.length)
  if (layout.missing === 0 && layout.kept.length === times.length) return { table, notes: [] }
  const onRows: Column[] = columns.map(({ name, values }) => ({ name, values: spread(values, layout) }))
  return {
    table: { rows: layout.rows, times: spreadTimes(times, layout), period, columns: onRows },
    notes: gridNotes([layout]),
  }
}

/** Sentences on what several layouts left out and left empty. */
export function gridNotes(layouts: readonly Layout[]): string[] {
  const total = { crowded: 0, cut: 0, missing: 0 }
  for (const { crowded, cut, missing } of layouts) {
    total.crowded += crowded
    total.cut += cut
    total.missing += missing
  }
  const notes: string[] = []
  const readings = (count: number): string => (count === 1 ? '1 reading was' : `${count} readings were`)
  if (total.crowded > 0)
    notes.push(`${readings(total.crowded)} left out for being less than half a period after another`)
  if (total.cut > 0)
    notes.push(`${readings(total.cut)} left out because the gaps to the others are too long to fill`)
  if (total.missing > 0) {
    const empty = total.missing === 1 ? '1 row is empty' : `${total.missing} rows are empty`
    notes.push(`${empty} because no reading came for ${total.missing === 1 ? 'it' : 'them'}`)
  }
  return notes
}

/** Times of all rows; those without a reading lie evenly between their neighbours. */
function spreadTimes(times: Float64Array, { kept, at, rows }: Layout): Float64Array {
  const all = new Float64Array(rows)
  all[0] = times[kept[0]]
  for (let i = 1; i < kept.length; i++) {
    const from = times[kept[i - 1]]
    const count = at[i] - at[i - 1]
    for (let step = 1; step < count; step++) {
      all[at[i - 1] + step] = from + ((times[kept[i]] - from) * step) / count
    }
    all[at[i]] = times[kept[i]]
  }
  return all
}
