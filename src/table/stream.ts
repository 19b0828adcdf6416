import { type Layout, layOut, spread } from './grid.ts'
import { createGrowing, type Growing } from './growing.ts'
import { periodOf } from './period.ts'
import type { Row } from './shape.ts'
import type { Column, StreamColumn } from './types.ts'

/** A column hardly any of whose readings come so soon after the one before, in periods of its rows, comes more rarely. */
const SOON = 1.5
const HARDLY_ANY = 0.05
/** Readings of which that can be told. */
const TELLING = 8

/** Rows that say the same of their stream: one column of long ones, several of wide ones. */
export interface RowStream {
  /** @returns why the row does not belong to those before, `undefined` if it does */
  add(row: Row): string | undefined
  readonly rows: number
  readonly columns: number
  finish(): FinishedStream
}

export interface FinishedStream {
  readonly columns: readonly StreamColumn[]
  readonly layouts: readonly Layout[]
  /** Values left out because their time had one already. */
  readonly duplicates: number
}

/** The readings of one column: in which row each came. */
interface Readings {
  readonly name: string
  readonly rows: Growing
  readonly values: Growing
}

export function createStream({ kind, key, time: first }: Row): RowStream {
  const timed = first !== undefined
  const times = createGrowing()
  const columns = new Map<string, Readings>()

  function columnOf(name: string): Readings {
    let column = columns.get(name)
    if (!column) {
      const wide = key === '' ? name : `${key}/${name}`
      column = {
        name: kind === 'long' ? key || name : wide,
        rows: createGrowing(),
        values: createGrowing(),
      }
      columns.set(name, column)
    }
    return column
  }

  return {
    get columns() {
      return columns.size
    },
    get rows() {
      return times.length
    },
    add({ time, values }) {
      if ((time !== undefined) !== timed)
        return timed ? 'a row without a time' : 'a row with a time after rows without'
      const row = times.length
      // Rows without times are a period apart, whatever that is.
      times.push(time ?? row)
      for (const [name, value] of values) {
        const column = columnOf(name)
        column.rows.push(row)
        column.values.push(value)
      }
      return undefined
    },
    finish: () => finishStream(times.toArray(), [...columns.values()], timed),
  }
}

function finishStream(times: Float64Array, readings: readonly Readings[], timed: boolean): FinishedStream {
  const { instants, rank } = ordered(times)
  let duplicates = 0
  const all = readings.map(({ name, rows, values }) => {
    const dense = new Float64Array(instants.length).fill(Number.NaN)
    const at = rows.toArray()
    const numbers = values.toArray()
    for (let i = 0; i < at.length; i++) {
      const instant = rank[at[i]]
      if (Number.isNaN(dense[instant])) dense[instant] = numbers[i]
      else duplicates++
    }
    return { name, values: dense }
  })
  const period = timed ? periodOf(instants) : null
  const rarely = all.map(({ values }) => period !== null && isRare(instants, period, values))
  const rare = all.filter((_, i) => rarely[i])
  const others = all.filter((_, i) => !rarely[i])
  const grids = rare.map((column) => gridOf(instants, withReadings(instants, [column]), [column], timed))
  if (others.length > 0) {
    const rows = rare.length === 0 ? instants.map((_, i) => i) : withReadings(instants, others)
    grids.push(gridOf(instants, rows, others, timed))
  }
  const columns = grids.flatMap((grid) => grid.columns)
  // In the order in which they came.
  const position = new Map(all.map(({ name }, i) => [name, i]))
  columns.sort((a, b) => (position.get(a.name) ?? 0) - (position.get(b.name) ?? 0))
  return { columns, layouts: grids.map((grid) => grid.layout), duplicates }
}

/** Puts columns that have one grid on it. `rows`: those of the instants that count. */
function gridOf(
  instants: Float64Array,
  rows: Float64Array,
  group: readonly Column[],
  timed: boolean,
): { columns: StreamColumn[]; layout: Layout } {
  const times = rows.map((row) => instants[row])
  const period = periodOf(times)
  // A single row is on any grid.
  const layout = layOut(times, period ?? 1, group.length)
  const start = timed ? times[layout.kept[0]] : null
  const columns = group.map((column) => {
    const values = rows.map((row) => column.values[row])
    return { name: column.name, values: spread(values, layout), start, period: timed ? period : null }
  })
  return { columns, layout }
}

/** Whether a column comes more rarely than its rows, rather than with gaps. */
function isRare(instants: Float64Array, period: number, values: Float64Array): boolean {
  const times = instants.filter((_, i) => !Number.isNaN(values[i]))
  if (times.length < TELLING) return false
  let soon = 0
  for (let i = 1; i < times.length; i++) if (times[i] - times[i - 1] < SOON * period) soon++
  return soon <= HARDLY_ANY * (times.length - 1)
}

/** Instants at which a column has a value. */
function withReadings(instants: Float64Array, columns: readonly Column[]): Float64Array {
  return instants.map((_, i) => i).filter((i) => columns.some(({ values }) => !Number.isNaN(values[i])))
}

/** Times in rising order, each once, and where each row is among them. */
function ordered(times: Float64Array): { instants: Float64Array; rank: Int32Array } {
  const order = Int32Array.from(times, (_, i) => i)
  if (times.some((time, i) => time < times[i - 1])) order.sort((a, b) => times[a] - times[b] || a - b)
  const instants = new Float64Array(times.length)
  const rank = new Int32Array(times.length)
  let count = 0
  for (const row of order) {
    if (count === 0 || times[row] > instants[count - 1]) instants[count++] = times[row]
    rank[row] = count - 1
  }
  return { instants: instants.slice(0, count), rank }
}
