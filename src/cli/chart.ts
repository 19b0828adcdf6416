import { type Axis, axis, rowTicks, ticks } from './chart-axis.ts'
import { escapeXml } from './chart-text.ts'

/** One column's newest forecast and what was there before and after it. */
export interface ChartPanel {
  /** Any text. */
  readonly name: string
  /** Values of consecutive rows, NaN where there is none; the first is that of the chart's row `from`. */
  readonly truth: Float64Array
  /** Steps 1, 2, … after the chart's row `origin`. */
  readonly mean: Float32Array
  readonly lower: Float32Array
  readonly upper: Float32Array
}

export interface Chart {
  /** Any text. */
  readonly title: string
  /** What the interval is called, e.g. `90 % interval`. */
  readonly interval: string
  readonly panels: readonly ChartPanel[]
  readonly from: number
  readonly origin: number
  /** Milliseconds since the epoch of all rows of the table; null: rows are shown by number. */
  readonly times: Float64Array | null
}

const WIDTH = 880
const LEFT = 88
const RIGHT = 20
const HEAD = 64
const PANEL = 150
/** Below a panel: labels of its rows and the next one's name. */
const BETWEEN = 58
const FOOT = 18
const ROW_TICKS = 5
const VALUE_TICKS = 4
/** Rows that a value between two gaps is drawn long. */
const DOT = 0.3

const STYLE = `
text { font: 12px system-ui, sans-serif; fill: #24292f }
.title { font-size: 15px; font-weight: 600 }
.name { font-size: 13px; font-weight: 600 }
.faint { fill: #57606a }
.paper { fill: #ffffff }
.grid { stroke: #d0d7de; stroke-width: 1; fill: none }
.now { stroke: #8c959f; stroke-width: 1; stroke-dasharray: 4 3; fill: none }
.truth { stroke: #24292f; stroke-width: 1.4; fill: none; stroke-linejoin: round }
.mean { stroke: #bc4c00; stroke-width: 1.8; fill: none; stroke-linejoin: round }
.band { fill: #fb8f44; fill-opacity: 0.28; stroke: none }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .faint { fill: #9198a1 }
  .paper { fill: #0d1117 }
  .grid { stroke: #30363d }
  .now { stroke: #6e7681 }
  .truth { stroke: #e6edf3 }
  .mean { stroke: #ffa657 }
  .band { fill: #ffa657; fill-opacity: 0.22 }
}
`

/**
 * Newest forecasts as an SVG: for each column the truth, the forecast's mean and its interval, on axes of their own.
 *
 * A picture for light and dark pages, without scripts, links or fonts from elsewhere. Text from outside is escaped.
 */
export function drawForecasts(chart: Chart): string {
  const height = HEAD + chart.panels.length * (PANEL + BETWEEN) + FOOT
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>${escapeXml(chart.title)}</title>`,
    `<style>${STYLE}</style>`,
    `<rect class="paper" width="${WIDTH}" height="${height}"/>`,
    `<text class="title" x="${LEFT}" y="26">${escapeXml(chart.title)}</text>`,
    ...legend(chart.interval),
    ...chart.panels.flatMap((panel, i) => drawPanel(chart, panel, HEAD + i * (PANEL + BETWEEN) + 20)),
    '</svg>',
    '',
  ].join('\n')
}

function legend(interval: string): string[] {
  return [
    `<path class="truth" d="M${LEFT} 44h24"/><text x="${LEFT + 30}" y="48">measured</text>`,
    `<path class="mean" d="M${LEFT + 120} 44h24"/><text x="${LEFT + 150}" y="48">forecast</text>`,
    `<rect class="band" x="${LEFT + 240}" y="38" width="24" height="12"/><text x="${LEFT + 270}" y="48">${escapeXml(interval)}</text>`,
  ]
}

function drawPanel(chart: Chart, panel: ChartPanel, top: number): string[] {
  const { from, origin, times } = chart
  const { truth, mean, lower, upper } = panel
  const bottom = top + PANEL
  const rows = axis(from, Math.max(from + truth.length - 1, origin + mean.length), LEFT, WIDTH - RIGHT)
  const shown = [...truth, ...mean, ...lower, ...upper].filter(Number.isFinite)
  const values = axis(...rangeOf(shown), bottom - 6, top + 6)
  const now = rows.at(origin)
  return [
    `<text class="name" x="${LEFT}" y="${top - 8}">${escapeXml(panel.name)}</text>`,
    ...ticks(values, VALUE_TICKS).flatMap(({ value, label }) => [
      `<path class="grid" d="M${LEFT} ${values.at(value)}H${WIDTH - RIGHT}"/>`,
      `<text class="faint" x="${LEFT - 8}" y="${values.at(value) + 4}" text-anchor="end">${escapeXml(label)}</text>`,
    ]),
    ...rowTicks(rows, times, ROW_TICKS).flatMap(({ value, label }) => [
      `<path class="grid" d="M${rows.at(value)} ${bottom}v4"/>`,
      `<text class="faint" x="${rows.at(value)}" y="${bottom + 17}" text-anchor="middle">${escapeXml(label)}</text>`,
    ]),
    `<text class="faint" x="${(LEFT + WIDTH - RIGHT) / 2}" y="${bottom + 32}" text-anchor="middle">${times ? 'time (UTC)' : 'row'}</text>`,
    `<text class="faint" text-anchor="middle" transform="translate(14 ${(top + bottom) / 2}) rotate(-90)">value</text>`,
    `<rect class="grid" x="${LEFT}" y="${top}" width="${WIDTH - RIGHT - LEFT}" height="${PANEL}"/>`,
    `<path class="now" d="M${now} ${top}V${bottom}"/>`,
    `<path class="band" d="${band(rows, values, origin + 1, lower, upper)}"/>`,
    `<path class="truth" d="${line(rows, values, from, truth)}"/>`,
    `<path class="mean" d="${line(rows, values, origin + 1, mean)}"/>`,
  ]
}

function rangeOf(shown: readonly number[]): [min: number, max: number] {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of shown) {
    min = Math.min(min, value)
    max = Math.max(max, value)
  }
  return min <= max ? [min, max] : [0, 1]
}

/** A line that is broken where there is no value. */
function line(rows: Axis, values: Axis, first: number, points: ArrayLike<number>): string {
  let path = ''
  let pen = 'M'
  for (let i = 0; i < points.length; i++) {
    if (!Number.isFinite(points[i])) {
      pen = 'M'
      continue
    }
    // A point alone would be a line of no length, which is not seen.
    if (pen === 'M' && !Number.isFinite(points[i + 1])) {
      path += `M${rows.at(first + i - DOT)} ${values.at(points[i])}`
      pen = 'L'
    }
    path += `${pen}${rows.at(first + i)} ${values.at(points[i])}`
    pen = 'L'
  }
  return path
}

function band(rows: Axis, values: Axis, first: number, lower: Float32Array, upper: Float32Array): string {
  const there = [...lower.keys()].filter((i) => Number.isFinite(lower[i]) && Number.isFinite(upper[i]))
  const point = (i: number, limit: Float32Array): string => `${rows.at(first + i)} ${values.at(limit[i])}`
  const edge = [...there.map((i) => point(i, upper)), ...there.toReversed().map((i) => point(i, lower))]
  return edge.length > 0 ? `M${edge.join('L')}Z` : ''
}
