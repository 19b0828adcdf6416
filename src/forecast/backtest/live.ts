import type { Trainer } from '../../learn/client.ts'
import { openFollower } from '../../learn/follow/client.ts'
import type { FitJob, SegmentModel } from '../../learn/segment/types.ts'
import type { Column } from '../../table/types.ts'
import { openForecastModel } from '../model.ts'
import type { ForecastModelOptions, PushResult, Streams } from '../types.ts'
import type { CheckedBacktest } from './check.ts'
import { createFallback } from './fallback.ts'
import type { Issued, Ran } from './frozen.ts'
import type { Pace } from './pace.ts'
import { originsOf } from './rows.ts'
import { type TimedTrainer, timeoutOf } from './teach.ts'

/** Milliseconds from row to row. */
const PERIOD = 1000
/** Fewest readings before a forecast. */
const WARM_UP = 2

/** A fitted model to begin with. */
export interface Beginning {
  readonly model: SegmentModel
  /** Skill against naive on what judged its fit. */
  readonly skill: number
}

export interface LiveOptions {
  readonly checked: CheckedBacktest
  /** null: the model begins with nothing at the first row that it forecasts from. */
  readonly beginning: Beginning | null
  readonly trainer: TimedTrainer
  readonly signal: AbortSignal | undefined
  readonly pace: Pace
  /** Hears what share of the rows is done. */
  readonly meter: (share: number) => void
}

/** Refits as the options say, as far as a live model has no such option, in the seconds that are left. */
function asChecked(trainer: TimedTrainer, { season, scale, maxSeconds }: CheckedBacktest): Trainer {
  return {
    fit: (job, options) => {
      const schedule = { ...job.schedule, maxSeconds: Math.max(0, maxSeconds - trainer.seconds) }
      const kind = job.start || scale === 'auto' ? job.scale : scale
      const asked: FitJob = { ...job, season: season ?? job.season, scale: kind, schedule }
      return trainer.fit(asked, { ...options, timeoutMs: timeoutOf(asked) })
    },
    close: () => trainer.close(),
  }
}

/** What a stream makes of the reading of a row; null where there is none. */
function push(streams: Streams, { name, values }: Column, row: number): PushResult | null {
  return Number.isNaN(values[row]) ? null : streams.push(name, values[row], row * PERIOD)
}

async function take(streams: Streams, { name, values }: Column, row: number): Promise<PushResult | null> {
  return Number.isNaN(values[row]) ? null : streams.take(name, values[row], row * PERIOD)
}

/**
 * Drives a live forecast model row by row. Its fits and updates happen between two rows, which wait for them, so that
 * nothing depends on the clock.
 *
 * A fitted model first sees the fit rows as they would have come; from the validation rows on it learns. Columns are
 * streams; where one issues no forecast, a {@link createFallback} does.
 * @throws Error when a fit fails
 */
export async function forecastLive(
  columns: readonly Column[],
  { checked, beginning, trainer, signal, pace, meter }: LiveOptions,
  emit: (issued: Issued) => void | Promise<void>,
): Promise<Ran> {
  const { horizon, segment, hiddenSize, season, seed, device, coverage, fit, validate, test } = checked
  const options: ForecastModelOptions = {
    horizon,
    segment: segment ?? undefined,
    hiddenSize,
    season: season || undefined,
    seed,
    device,
  }
  const width = columns.length * horizon
  const mean = new Float64Array(width)
  const lower = new Float64Array(width)
  const upper = new Float64Array(width)
  const fallbacks = columns.map(() => createFallback(coverage))
  const origins = originsOf(test, horizon)
  const first = beginning ? fit.from : origins.from
  let busy = 0

  let row = first
  const model = openForecastModel(options, {
    openTrainer: () => asChecked(trainer, checked),
    openFollower,
    timed: false,
    paused: () => beginning !== null && row < validate.from,
  })
  const streams = model.streams({ period: PERIOD, warmUp: WARM_UP, coverage, maxStreams: columns.length })

  const write = (result: PushResult | null, c: number): void => {
    const at = c * horizon
    if (result?.forecast) fallbacks[c].issued(result.forecast)
    fallbacks[c].write(mean, lower, upper, at, horizon)
  }

  try {
    if (beginning) model.adopt(beginning.model, beginning.skill)
    for (; row < origins.to; row++) {
      const since = performance.now()
      for (const [c, { values }] of columns.entries()) fallbacks[c].push(values[row])
      const answers = streams.synchronous
        ? columns.map((column) => push(streams, column, row))
        : await Promise.all(columns.map((column) => take(streams, column, row)))
      busy += performance.now() - since
      for (const [c, result] of answers.entries()) write(result, c)
      if (row >= origins.from) await emit({ origin: row, mean, lower, upper })
      await model.whenRested()
      signal?.throwIfAborted()
      if (model.training.state === 'failed') throw model.training.error
      meter((row + 1 - first) / (origins.to - first))
      await pace.rest()
    }
    const { device, deviceReason, fitted } = model
    const refits = model.version - (beginning ? 1 : 0)
    return { seconds: busy / 1000, device, deviceReason, model: fitted, refits }
  } finally {
    await model.close()
  }
}
