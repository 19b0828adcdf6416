import { quote } from '../quote.ts'
import {
  type Figures,
  figuresOf,
  firstRow,
  lastRow,
  learnPair,
  type StepMeans,
  startMeans,
} from './scoreFigures.ts'
import { createPairs, type Pairs } from './scorePairs.ts'
import type { Forecast, PushResult, SkipReason } from './types.ts'

export interface ScoreOptions {
  /** Readings over which figures forget, exponentially. 1–1,000,000. @default 480 */
  readonly window?: number
  /** Grid steps of the season, for the seasonal figures. 1–2,048. @default none: these are null */
  readonly season?: number
  /** Streams kept, 1–10,000; the one longest unused is dropped beyond that. @default 500 */
  readonly maxStreams?: number
}

/** How good the forecasts of one stream have been lately, over all steps ahead. */
export interface Scores extends Figures {
  readonly key: string
  /** Share of readings that the intervals are meant to hold, 0–1; null before the first forecast. */
  readonly coverage: number | null
  /** Readings that earlier forecasts have met. */
  readonly matured: number
  /** Of the next step alone. */
  readonly firstStep: Figures
  /** Of the last step of the horizon alone. */
  readonly lastStep: Figures
  /** What became of the stream's readings: how many gave a forecast, and how many were skipped for which reason. */
  readonly readings: Readonly<Record<'forecast' | SkipReason, number>>
}

/** Scores many streams by what came of their readings. */
export interface Scorer {
  /** Takes what became of one reading of the stream `key`. */
  learn(key: string, result: PushResult): void
  /** All zeros and nulls for a stream that is not known. */
  scores(key: string): Scores
  /** How many readings of the stream gave a forecast. */
  forecasts(key: string): number
}

interface StreamScores {
  readonly readings: Record<'forecast' | SkipReason, number>
  /** From the first forecast on. */
  figures?: StreamFigures
}

interface StreamFigures {
  readonly horizon: number
  readonly coverage: number
  readonly pairs: Pairs
  /** Of the steps of `pairs`. */
  readonly means: StepMeans
  /** Changes seen, and their mean size. */
  changes: number
  change: number
  matured: number
  /** The newest forecast, without what is large. */
  newest?: Pick<Forecast, 'cutoff' | 'period' | 'counts'>
}

/** Periods that were detected follow the readings, within this share. */
const SAME_PERIOD = 0.1

/** @throws RangeError naming an impossible option and its value */
export function checkScoreOptions(options: ScoreOptions = {}): {
  readonly window: number
  readonly season: number | null
  readonly maxStreams: number
} {
  const { window = 480, season, maxStreams = 500 } = options
  whole('window', window, 1_000_000)
  if (season !== undefined) whole('season', season, 2048)
  whole('maxStreams', maxStreams, 10_000)
  return { window, season: season ?? null, maxStreams }
}

/**
 * Scores forecasts by the readings that come later, knowing nothing but the outcomes. The truth of step h is `last` of
 * the forecast whose cutoff lies h steps later; grid steps that were filled in have none. What waits is dropped where
 * the stream begins anew, has another period, or goes back in time; where it was forgotten, its figures begin anew, too.
 *
 * Up to a horizon of 24 all steps are scored, beyond it 24 of them, evenly spread. The errors of MASE are those of the
 * same window as its changes (Hyndman and Koehler 2006 take the changes of the history that was learned from).
 *
 * @throws RangeError naming an impossible option and its value
 */
export function createScorer(options: ScoreOptions = {}): Scorer {
  const { window, season, maxStreams } = checkScoreOptions(options)
  // Insertion order is order of use. Keys come from outside: never an object.
  const streams = new Map<string, StreamScores>()

  const use = (key: string): StreamScores => {
    const stream = streams.get(key) ?? { readings: noReadings() }
    streams.delete(key)
    if (streams.size >= maxStreams) streams.delete(streams.keys().next().value!)
    streams.set(key, stream)
    return stream
  }

  const learnForecast = (figures: StreamFigures, forecast: Forecast): void => {
    const { pairs, means, newest } = figures
    const { last, cutoff, period, counts } = forecast
    const steps = newest ? stepsBetween(newest, forecast) : 1
    if (steps === null) pairs.clear()
    let met = false
    const before = pairs.meet(forecast, (steps ?? 1) - 1, (pair) => {
      met = true
      learnPair(means, last, pair, window)
    })
    if (met) figures.matured++
    const change = Math.abs(last - before)
    if (Number.isFinite(change)) {
      figures.changes++
      figures.change += (change - figures.change) / Math.min(figures.changes, window)
    }
    figures.newest = { cutoff, period, counts }
  }

  return {
    learn(key, { forecast, skipped }) {
      const stream = use(key)
      stream.readings[forecast ? 'forecast' : skipped.reason]++
      if (forecast) {
        if (!continues(stream.figures, forecast)) stream.figures = startFigures(forecast, season)
        learnForecast(stream.figures, forecast)
      } else if (skipped.reason === 'reset') stream.figures = undefined
    },
    scores(key) {
      const { readings = noReadings(), figures } = streams.get(key) ?? {}
      const { means = startMeans(0), change = 0, coverage = null, matured = 0 } = figures ?? {}
      return {
        key,
        coverage,
        matured,
        ...figuresOf(means, change),
        firstStep: figuresOf(firstRow(means), change),
        lastStep: figuresOf(lastRow(means), change),
        readings: { ...readings },
      }
    },
    forecasts: (key) => streams.get(key)?.readings.forecast ?? 0,
  }
}

function noReadings(): StreamScores['readings'] {
  const skipped = {
    warming: 0,
    duplicate: 0,
    extra: 0,
    late: 0,
    ahead: 0,
    invalid: 0,
    reset: 0,
    overloaded: 0,
  }
  return { forecast: 0, ...skipped }
}

function startFigures({ mean, coverage }: Forecast, season: number | null): StreamFigures {
  const pairs = createPairs(mean.length, season)
  const means = startMeans(pairs.steps.length)
  return { horizon: mean.length, coverage, pairs, means, changes: 0, change: 0, matured: 0 }
}

/** Whether a forecast is of the stream that was scored so far: one that was forgotten counts its readings anew. */
function continues(figures: StreamFigures | undefined, forecast: Forecast): figures is StreamFigures {
  if (figures?.horizon !== forecast.mean.length || figures.coverage !== forecast.coverage) return false
  return forecast.counts.accepted > (figures.newest?.counts.accepted ?? 0)
}

/** Grid steps from one forecast to the next; null where they are not on one grid. */
function stepsBetween(
  from: Pick<Forecast, 'cutoff' | 'period' | 'counts'>,
  { cutoff, period, counts }: Forecast,
): number | null {
  if (counts.restarts !== from.counts.restarts) return null
  if (Math.abs(period - from.period) > SAME_PERIOD * from.period) return null
  const steps = Math.round((cutoff - from.cutoff) / period)
  return steps >= 1 ? steps : null
}

function whole(name: string, value: unknown, max: number): void {
  if (Number.isInteger(value) && Number(value) >= 1 && Number(value) <= max) return
  throw new RangeError(`${name} must be a whole number from 1 to ${max}, got ${quote(value)}`)
}
