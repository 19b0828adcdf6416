import { asyncScheduler, defer, finalize, map, type OperatorFunction, type SchedulerLike } from 'rxjs'
import { createForecastModel } from '../forecast/model.ts'
import { checkModelOptions, checkStreamsOptions } from '../forecast/options.ts'
import type { ForecastModelOptions, Outcome, PushResult, Streams, StreamsOptions } from '../forecast/types.ts'
import { checkFunctions } from '../mqtt/check.ts'
import { type KeyOptions, keyed, keyedLater, overloaded } from './keyed.ts'
import { later } from './later.ts'

/** What of a source is its reading. */
export interface ReadingOptions<T> extends KeyOptions<T> {
  /** The reading, a finite number; an `Error` in its place says why there is none. @default the source itself */
  readonly value?: (source: T) => unknown
  /** Its time: ms since the epoch, a `Date`, or ISO 8601 text with a zone. @default the time of arrival */
  readonly time?: (source: T) => unknown
  /** Tells the time of arrival. @default asyncScheduler */
  readonly scheduler?: SchedulerLike
}

/** Streams of the caller's, which outlive the subscription; or what each subscription's own are made with. */
export type ForecastOptions<T> = ReadingOptions<T> &
  ({ readonly streams: Streams } | ({ readonly streams?: undefined } & ForecastModelOptions & StreamsOptions))

/**
 * A rolling forecast with an interval for each reading, learned from the readings themselves.
 *
 * ```
 * source     --1---2---x---3---4--|
 * forecast   --w---w---i---F---F--|    w warming, i invalid, F forecast
 * ```
 *
 * One outcome per source, in order and in the same turn: a forecast, or why there is none (`warming`,
 * `duplicate`, `extra`, `late`, `ahead`, `invalid`, `reset`). With the device `gpu` or `auto` outcomes come later, still
 * in order; readings that come meanwhile are stepped together. While 65,536 wait, further ones are `overloaded`. When
 * the source completes, all that wait are answered first; unsubscribing drops them. Bad readings and selectors that throw give `invalid` with
 * the error and change no state; only the source's own error ends the stream. Recorded readings need `time`:
 * by their arrival they would all be of one moment.
 *
 * Streams are kept apart by `key`, at most `maxStreams` of them. Cold: each subscription has a model of its
 * own, whose training worker ends with it, unless `streams` are given; those are shared, and only the caller
 * closes them.
 *
 * @throws RangeError or TypeError naming an impossible option and its value
 * @example
 * from(history) // of { room, celsius, at }
 *   .pipe(forecast({ key: (r) => r.room, value: (r) => r.celsius, time: (r) => r.at, horizon: 12 }))
 *   .subscribe(({ key, forecast, skipped }) => {
 *     console.log(key, forecast ? forecast.mean[0] : skipped.message)
 *   })
 */
export function forecast<T>(
  options: ForecastOptions<T> & { readonly value: (source: T) => unknown },
): OperatorFunction<T, Outcome<T>>
export function forecast(options?: ForecastOptions<number>): OperatorFunction<number, Outcome<number>>
export function forecast<T>(options: ForecastOptions<T> = {}): OperatorFunction<T, Outcome<T>> {
  const { value: readingOf = (source: T) => source, time: timeOf, scheduler = asyncScheduler } = options
  checkFunctions(options, 'key', 'value', 'time', 'reset')
  if (!options.streams) {
    checkModelOptions(options)
    checkStreamsOptions(options)
  }
  const select = (source: T): readonly [value: unknown, time: unknown] => {
    const value = readingOf(source)
    if (value instanceof Error) throw value
    return [value, timeOf?.(source) ?? scheduler.now()]
  }

  return (source) =>
    defer(() => {
      const { streams, close } = open(options)
      const reset = (key?: string): number => streams.reset(key)
      if (streams.synchronous) {
        const answer = keyed<T, readonly [unknown, unknown], PushResult>(options, select, {
          take: (key, [value, time]) => streams.push(key, value, time),
          refuse: (key) => void streams.push(key, undefined),
          reset,
        })
        return source.pipe(map(answer), finalize(close))
      }
      const answer = keyedLater<T, readonly [unknown, unknown], PushResult>(options, select, {
        take: (key, [value, time]) => streams.take(key, value, time),
        refuse: (key) => void streams.take(key, undefined),
        reset,
      })
      return source.pipe(later(answer, overloaded(options)), finalize(close))
    })
}

function open<T>(options: ForecastOptions<T>): { streams: Streams; close: () => void } {
  if (options.streams) return { streams: options.streams, close: () => {} }
  const model = createForecastModel(options)
  return { streams: model.streams(options), close: () => void model.close() }
}
