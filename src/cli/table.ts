import { placesOf } from '../forecast/format.ts'
import type { Forecast, Outcome } from '../forecast/types.ts'

const COLUMNS = [
  ['topic', 31],
  ['last', 8],
  ['next', 21],
  ['horizon', 27],
  ['model', 5],
  ['skill', 5],
  ['covered', 7],
  ['readings', 8],
  ['device', 16],
] as const

export const tableHeader: string = row(COLUMNS.map(([title]) => title))

/** One stream's latest outcome as a line of text. */
export function tableRow({ key, forecast, skipped }: Outcome<unknown>): string {
  if (!forecast) {
    const { progress, reason } = skipped
    return row([key, '', progress ? `warming ${progress.have}/${progress.need}` : reason])
  }
  const { mean, lower, upper, last, model, skill, measuredCoverage, counts, device } = forecast
  const places = (h: number): number => placesOf(mean[h], (upper[h] - lower[h]) / 2)
  const step = (h: number): string => {
    const [middle, low, high] = [mean[h], lower[h], upper[h]].map((value) => fixed(value, places(h)))
    return `${middle} [${low}, ${high}]`
  }
  return row([
    key,
    fixed(last, places(0)),
    step(0),
    `+${mean.length}: ${step(mean.length - 1)}`,
    model,
    skill === null ? '' : fixed(skill, 2),
    measuredCoverage === null ? '' : `${(100 * measuredCoverage).toFixed(0)} %`,
    String(counts.accepted),
    device,
  ])
}

/** What steps the GRU, and why it is that. */
export function deviceLine({ device, deviceReason }: Forecast): string {
  return `${device}: ${deviceReason}`
}

/** Without a minus before zero. */
function fixed(value: number, places: number): string {
  return (Number(value.toFixed(places)) || 0).toFixed(places)
}

function row(cells: readonly string[]): string {
  return cells
    .map((cell, index) => cell.padEnd(COLUMNS[index][1]))
    .join(' ')
    .trimEnd()
}
