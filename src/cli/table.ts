import { placesOf } from '../forecast/format.ts'
import type { Forecast, Training } from '../forecast/types.ts'
import type { TopicState } from './live-tally.ts'
import { printable, width } from './printable.ts'
import { sparkline } from './sparkline.ts'

/** Bars of a forecast's course. */
const BARS = 12
/** Most characters of a topic that are looked at. */
const LOOKED_AT = 200

interface Column {
  readonly title: string
  readonly width: number
  /** What stands in it for a topic that is forecast. */
  readonly of: (forecast: Forecast, state: TopicState) => string
}

/** Columns that a topic takes at most, and on a narrow terminal: a part of it. */
const TOPIC_WIDTH = 31
const NARROW_TOPIC = 16
const TOPIC_SHARE = 1 / 5
const NEXT: Column = { title: 'next', width: 21, of: (forecast) => step(forecast, 0) }

const COLUMNS: readonly Column[] = [
  { title: 'last', width: 8, of: (forecast) => fixed(forecast.last, placesAt(forecast, 0)) },
  NEXT,
  {
    title: 'horizon',
    width: 27,
    of: (forecast) => `+${forecast.mean.length}: ${step(forecast, forecast.mean.length - 1)}`,
  },
  { title: 'course', width: BARS, of: ({ last, mean }) => sparkline([last, ...mean], BARS) },
  { title: 'model', width: 14, of: ({ model }) => model },
  { title: 'alarms', width: 6, of: (_, { alarms, alarming }) => `${alarms || ''}${alarming ? ' !' : ''}` },
  { title: 'skill', width: 5, of: ({ skill }) => (skill === null ? '' : fixed(skill, 2)) },
  {
    title: 'covered',
    width: 7,
    of: ({ measuredCoverage }) =>
      measuredCoverage === null ? '' : `${(100 * measuredCoverage).toFixed(0)} %`,
  },
  { title: 'readings', width: 8, of: ({ counts }) => String(counts.accepted) },
  { title: 'device', width: 16, of: ({ device }) => device },
]
/** What a narrow terminal may do without, first the one that tells most. */
const DISPENSABLE: readonly string[] = [
  'model',
  'horizon',
  'course',
  'skill',
  'covered',
  'readings',
  'device',
]

/** A table of topics that fits into some columns of a terminal. */
export interface LiveTable {
  readonly header: string
  row(state: TopicState): string
}

/** @param room columns of the terminal; without it nothing is left out or cut off */
export function liveTable(room: number = Number.POSITIVE_INFINITY): LiveTable {
  const topicWidth = Math.min(TOPIC_WIDTH, Math.max(NARROW_TOPIC, Math.floor(TOPIC_SHARE * room)))
  const topicOf = ({ topic }: TopicState): string => shownTopic(topic, topicWidth)
  const first: Column = { title: 'topic', width: topicWidth, of: (_, state) => topicOf(state) }
  const all = [first, ...COLUMNS]
  const shown = new Set(all.filter(({ title }) => !DISPENSABLE.includes(title)))
  for (const title of DISPENSABLE) {
    const column = all.find((one) => one.title === title)!
    const taken = [...shown].reduce((sum, one) => sum + one.width + 1, 0)
    if (taken + column.width <= room) shown.add(column)
  }
  const columns = all.filter((column) => shown.has(column))
  const line = (cellOf: (column: Column) => string): string => clip(row(columns, cellOf), room)
  return {
    header: line(({ title }) => title),
    row(state) {
      const { forecast, skipped } = state.outcome
      if (forecast) return line((column) => column.of(forecast, state))
      const { progress, reason } = skipped
      const why = progress ? `warming ${progress.have}/${progress.need}` : reason
      return line((column) => (column === first ? topicOf(state) : column === NEXT ? why : ''))
    },
  }
}

/** What steps the GRU, and why it is that. */
export function deviceLine({ device, deviceReason }: Forecast): string {
  return `${device}: ${deviceReason}`
}

/** What the model is learning. */
export function trainingLine(training: Training): string {
  switch (training.state) {
    case 'waiting':
      return `GRU: the first fit needs ${training.need} steps of one topic, ${training.have} are there`
    case 'fitting':
      return `GRU: fitting, ${Math.floor(100 * training.share)} %`
    case 'fitted':
      return `GRU: fitted, version ${training.fits}`
    case 'failed':
      return `GRU: the fit failed: ${printable(training.error.message)}`
  }
}

/** A line no wider than some columns of a terminal. */
export function clip(line: string, room: number): string {
  if (width(line) <= room) return line
  let taken = 1
  let shown = ''
  for (const c of line) {
    taken += width(c)
    if (taken > room) break
    shown += c
  }
  return `${shown}…`
}

/** A topic of any text in some columns; its end tells more than its beginning. */
function shownTopic(topic: string, room: number): string {
  const text = printable(topic.slice(-LOOKED_AT))
  if (width(text) <= room) return text
  let taken = 1
  let shown = ''
  for (const c of [...text].reverse()) {
    taken += width(c)
    if (taken > room) break
    shown = c + shown
  }
  return `…${shown}`
}

function step(forecast: Forecast, h: number): string {
  const { mean, lower, upper } = forecast
  const [middle, low, high] = [mean[h], lower[h], upper[h]].map((value) =>
    fixed(value, placesAt(forecast, h)),
  )
  return `${middle} [${low}, ${high}]`
}

function placesAt({ mean, lower, upper }: Forecast, h: number): number {
  return placesOf(mean[h], (upper[h] - lower[h]) / 2)
}

/** Without a minus before zero. */
function fixed(value: number, places: number): string {
  return (Number(value.toFixed(places)) || 0).toFixed(places)
}

function row(columns: readonly Column[], cellOf: (column: Column) => string): string {
  return columns
    .map((column) => {
      const cell = cellOf(column)
      return cell + ' '.repeat(Math.max(0, column.width - width(cell)))
    })
    .join(' ')
    .trimEnd()
}
