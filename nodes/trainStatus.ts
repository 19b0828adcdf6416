import type { FitHistoryProgress, FitMetrics } from '../src/forecast/fit/types.ts'
import type { NodeStatus } from './red.ts'

const BLOCKS = 5
const MINUTE = 60
/** Seconds beyond which minutes say enough, minutes beyond which hours do, and hours that nothing takes. */
const LONG = 600
const LONG_MINUTES = 100
const LONG_HOURS = 100

/** `▰▰▰▱▱ 62 % · 14 s`: how much of a fit is done, and what it still takes. */
export function progressStatus(progress: FitHistoryProgress | null): NodeStatus {
  const share = Math.min(Math.max(progress?.share || 0, 0), 1)
  const full = Math.floor(share * BLOCKS)
  const bar = '▰'.repeat(full) + '▱'.repeat(BLOCKS - full)
  const left = progress ? duration(progress.secondsLeft) : ''
  return { fill: 'yellow', shape: 'dot', text: `${bar} ${Math.floor(share * 100)} %${left}` }
}

function duration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return ''
  if (seconds < LONG) return ` · ${Math.ceil(seconds)} s`
  const minutes = Math.ceil(seconds / MINUTE)
  if (minutes < LONG_MINUTES) return ` · ${minutes} min`
  const hours = Math.ceil(minutes / MINUTE)
  return hours < LONG_HOURS ? ` · ${hours} h` : ''
}

/** `120 rows` of a history that is not complete. */
export function collectedStatus(rows: number): NodeStatus {
  return { fill: 'yellow', shape: 'ring', text: `${rows} rows` }
}

/** `38 % better`, or worse, than the best simple method, as the sentence of the metrics says. */
export function fittedStatus(metrics: FitMetrics | null): NodeStatus {
  if (!metrics) return { fill: 'green', shape: 'dot', text: 'fitted' }
  const { gru, naive, seasonalNaive, ridge } = metrics
  const best = Math.min(naive.mae, seasonalNaive.mae, ridge.mae)
  const percent = gru.mae === best ? 0 : Math.round(100 * (1 - gru.mae / best))
  if (percent > 0) return { fill: 'green', shape: 'dot', text: `${percent} % better` }
  if (percent < 0)
    return { fill: 'yellow', shape: 'dot', text: percent > -1000 ? `${-percent} % worse` : 'worse' }
  return { fill: 'yellow', shape: 'dot', text: percent === 0 ? 'not better' : 'fitted' }
}
