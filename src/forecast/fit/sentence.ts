import type { FitMetrics } from './types.ts'

/** Simple methods, as a sentence calls them. */
const NAMES = { naive: 'naive', seasonalNaive: 'seasonal naive', ridge: 'ridge regression' } as const

/**
 * How much better or worse the GRU's mean absolute error is than that of the best simple method.
 * @param part the share of the rows that was held back, 0–1
 */
export function sentenceOf(
  { gru, ...methods }: Pick<FitMetrics, 'gru' | keyof typeof NAMES>,
  part: number,
): string {
  const where = `on the last ${Math.round(100 * part)} % of your data`
  if (Number.isNaN(gru.mae)) return `nothing was observed ${where}`
  // The first of equals, which is the simplest.
  const best = (['naive', 'seasonalNaive', 'ridge'] as const).reduce((best, name) =>
    methods[name].mae < methods[best].mae ? name : best,
  )
  const theirs = methods[best].mae
  const name = NAMES[best]
  if (gru.mae === theirs) return `as good as ${name} ${where}`
  if (theirs === 0) return `worse than ${name}, which made no error ${where}`
  const percent = Math.round(100 * (1 - gru.mae / theirs))
  if (percent === 0) return `as good as ${name} ${where}`
  return `${Math.abs(percent)} % ${percent > 0 ? 'better' : 'worse'} than ${name} ${where}`
}
