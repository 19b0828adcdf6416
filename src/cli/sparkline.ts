import { axis } from './chart-axis.ts'

const BARS = '▁▂▃▄▅▆▇█'

/** The course of some values in one line of text of at most `most` bars, each the mean of as many values as the others or one less. */
export function sparkline(values: readonly number[], most: number): string {
  const finite = values.filter(Number.isFinite)
  const count = Math.min(most, finite.length)
  if (count === 0) return ''
  const means = Array.from({ length: count }, (_, bar) => {
    const part = finite.slice(
      Math.floor((bar * finite.length) / count),
      Math.floor(((bar + 1) * finite.length) / count),
    )
    return part.reduce((sum, value) => sum + value / part.length, 0)
  })
  const heights = axis(Math.min(...means), Math.max(...means), 0, BARS.length - 1)
  return means.map((mean) => BARS[Math.round(heights.at(mean))]).join('')
}
