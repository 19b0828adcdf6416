import type { Trainer } from '../../learn/client.ts'
import type { FitJob, FitSeries } from '../../learn/segment/types.ts'
import type { Column, Rows } from '../../table/types.ts'
import { fillColumn } from './columns.ts'

/** Longest that a timer can wait, in milliseconds. */
const LONGEST = 2 ** 31 - 1
/** A fit that is not done after so many times its seconds, and a minute, hangs. */
const PATIENCE = 3

/** What a net learns from the rows of some columns: rows before `trainEnd` teach, later ones judge. */
export function seriesOf(columns: readonly Column[], rows: Rows, trainEnd: number | null): FitSeries[] {
  return columns.map((column) => {
    const { name, values, observed } = fillColumn(column, rows)
    return {
      key: name,
      values,
      observed,
      trainEnd: trainEnd === null ? null : trainEnd - rows.from,
    }
  })
}

/** Milliseconds after which a fit must have ended. */
export function timeoutOf({ schedule }: FitJob): number {
  return Math.min(LONGEST, Math.ceil(1000 * (PATIENCE * schedule.maxSeconds + 60)))
}

/** A trainer that says how many seconds fits have taken. */
export interface TimedTrainer extends Trainer {
  readonly seconds: number
}

/** Times another trainer's fits, waiting for their turn not counted; the signal ends them. */
export function timed(trainer: Trainer, signal: AbortSignal | undefined): TimedTrainer {
  let seconds = 0
  return {
    async fit(job, options) {
      const signals = [signal, options?.signal].filter((one) => one !== undefined)
      const result = await trainer.fit(job, { ...options, signal: AbortSignal.any(signals) })
      seconds += result.seconds
      return result
    },
    close: () => trainer.close(),
    get seconds() {
      return seconds
    },
  }
}
