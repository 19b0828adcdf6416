import type { ForecastModel } from '../forecast/types.ts'
import type { Tally } from './live-tally.ts'
import { printable } from './printable.ts'
import { clip, deviceLine, liveTable, trainingLine } from './table.ts'

/** Where it is shown; a terminal says so. */
export interface ViewOutput {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
  write(text: string): unknown
  on?(event: 'resize', listener: () => void): unknown
  off?(event: 'resize', listener: () => void): unknown
}

export interface Shown {
  readonly tally: Tally
  readonly model: Pick<ForecastModel, 'training'>
  /** What the connection is doing; blank: nothing worth a line. */
  readonly connection?: () => string
}

/** A view that is drawn now and then. */
export interface View {
  draw(): void
  end(): void
}

/** Size of a terminal that does not tell its own. */
const COLUMNS = 80
const ROWS = 24
/** Milliseconds from one drawing to the next: on a terminal, and as lines of a log. */
const REDRAW_MS = 500
const LOG_MS = 2000
/** Lines of topics that a log gets at once. */
const MOST_LINES = 50
const ERASE_LINE = '\u001b[K'
const ERASE_BELOW = '\u001b[J'
const CLEAR = '\u001b[H\u001b[2J'

/** Shows the newest of each topic until the returned function is called: on a terminal over itself, elsewhere line by line. */
export function openView(shown: Shown, out: ViewOutput = process.stdout): () => void {
  const view = out.isTTY ? createScreen(shown, out) : createLog(shown, out)
  const timer = setInterval(view.draw, out.isTTY ? REDRAW_MS : LOG_MS)
  return () => {
    clearInterval(timer)
    view.end()
  }
}

/** A table drawn over itself, no higher and no wider than the terminal, and below it what else there is to know. */
export function createScreen(shown: Shown, out: ViewOutput): View {
  let drawn = 0
  const resized = (): void => {
    // Lines that were wrapped take more rows than were drawn: there is no way back to the first.
    out.write(CLEAR)
    drawn = 0
  }
  out.on?.('resize', resized)
  const draw = (): void => {
    const lines = screenLines(shown, out.columns || COLUMNS, out.rows || ROWS)
    const back = drawn > 0 ? `\u001b[${drawn}A\r` : ''
    out.write(`${back}${lines.map((line) => `${line}${ERASE_LINE}\n`).join('')}${ERASE_BELOW}`)
    drawn = lines.length
  }
  return {
    draw,
    end() {
      draw()
      out.off?.('resize', resized)
    },
  }
}

/** What a terminal shows, one row less than it has, which the cursor stands in. */
export function screenLines(shown: Shown, columns: number, rows: number): string[] {
  const { tally } = shown
  const table = liveTable(columns - 1)
  const below = footLines(shown)
  const topics = tally.topics()
  const room = Math.max(1, rows - 2 - below.length)
  // The line that counts the others takes the place of one.
  const visible = topics.slice(0, topics.length > room ? room - 1 : room)
  const hidden = topics.length - visible.length
  return [
    table.header,
    ...visible.map(table.row),
    ...(hidden > 0 ? [`… and ${hidden} more topics`] : []),
    ...below,
  ]
    .map((line) => clip(line, columns - 1))
    .slice(0, Math.max(1, rows - 1))
}

/** A line for each topic that has something new, and what else there is to know when that changes. */
export function createLog(shown: Shown, out: ViewOutput): View {
  const table = liveTable()
  const printed = new Map<string, number>()
  let said: readonly string[] = []
  out.write(`${table.header}\n`)
  const draw = (): void => {
    const topics = shown.tally.topics()
    const kept = new Set(topics.map(({ topic }) => topic))
    for (const topic of printed.keys()) if (!kept.has(topic)) printed.delete(topic)
    const fresh = topics.filter(({ topic, readings }) => printed.get(topic) !== readings)
    // Those longest without a line come first: Map and filter keep the order, sort is stable.
    const order = [...printed.keys()]
    const turn = new Map(order.map((topic, i) => [topic, i]))
    fresh.sort((a, b) => (turn.get(a.topic) ?? -1) - (turn.get(b.topic) ?? -1))
    const now = fresh.slice(0, MOST_LINES)
    for (const { topic, readings } of now) {
      printed.delete(topic)
      printed.set(topic, readings)
    }
    const foot = footLines(shown)
    const lines = [...now.map(table.row), ...foot.filter((line) => !said.includes(line))]
    said = foot
    if (lines.length > 0) out.write(`${lines.join('\n')}\n`)
  }
  return { draw, end: draw }
}

function footLines({ tally, model, connection }: Shown): string[] {
  const { newest, invalid, newestInvalid } = tally
  const state = connection?.() ?? ''
  return [
    trainingLine(model.training),
    ...(newest ? [printable(deviceLine(newest))] : []),
    ...(newestInvalid
      ? [
          `${invalid} unusable, newest: ${printable(newestInvalid.topic.slice(0, 200))}: ${printable(newestInvalid.message)}`,
        ]
      : []),
    ...(state ? [state] : []),
  ]
}
