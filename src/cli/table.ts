import type { Outcome } from '../forecast/types.ts'

const COLUMNS = [
  ['topic', 31],
  ['last', 8],
  ['next', 21],
  ['horizon', 27],
  ['model', 5],
  ['skill', 5],
  ['covered', 7],
  ['readings', 8],
] as const

export const tableHeader: string = row(COLUMNS.map(([title]) => title))

/** One stream's latest outcome as a line of text. */
export function tableRow({ key, forecast, skipped }: Outcome<unknown>): string {
  if (!forecast) {
    const { progress, reason } = skipped
    return row([key, '', progress ? `warming ${progress.have}/${progress.need}` : reason])
  }
  const { mean, last, model, skill, measuredCoverage, counts } = forecast
  const step = (h: number): string => {
    const { lower, upper } = forecast
    return `${short(mean[h])} [${short(lower[h])}, ${short(upper[h])}]`
  }
  return row([
    key,
    short(last),
    step(0),
    `+${mean.length}: ${step(mean.length - 1)}`,
    model,
    skill === null ? '' : hundredths(skill),
    measuredCoverage === null ? '' : `${(100 * measuredCoverage).toFixed(0)} %`,
    String(counts.accepted),
  ])
}

function short(value: number): string {
  return Number(value.toPrecision(4)).toString()
}

/** Without a minus before zero. */
function hundredths(value: number): string {
  return (Math.round(100 * value) / 100).toFixed(2)
}

function row(cells: readonly string[]): string {
  return cells
    .map((cell, index) => cell.padEnd(COLUMNS[index][1]))
    .join(' ')
    .trimEnd()
}
