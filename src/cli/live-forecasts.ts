import { filter, map, type Observable } from 'rxjs'
import type { Outcome, Streams } from '../forecast/types.ts'
import { type ParsedPayload, parsePayload } from '../mqtt/payload.ts'
import type { SourceOptions } from '../mqtt/source.ts'
import { forecast } from '../rx/forecast.ts'
import { fromMqtt } from '../rx/fromMqtt.ts'

/** A message of the broker and what it says. */
export type LiveReading = ParsedPayload & { readonly topic: string }

export interface LiveOptions extends SourceOptions {
  /** What forecasts, a stream for each topic. */
  readonly streams: Streams
  /** Dotted path to the reading within a payload. @default found by the rules of `parsePayload` */
  readonly path?: string
}

/**
 * Forecasts every topic of some filters. A message that the broker had kept and that tells no time of its own is passed
 * over: nobody knows how old it is.
 */
export function liveForecasts(
  url: string,
  topics: readonly string[],
  { streams, path, ...options }: LiveOptions,
): Observable<Outcome<LiveReading>> {
  return fromMqtt(url, topics, options).pipe(
    map(({ topic, payload, retain, time }) => ({
      topic,
      retain,
      arrival: time,
      ...parsePayload(payload, { path }),
    })),
    filter(({ retain, time, error }) => !retain || time !== undefined || error !== undefined),
    forecast({
      key: ({ topic }) => topic,
      value: ({ value, error }) => error ?? value,
      time: ({ time, arrival }) => time ?? arrival,
      streams,
    }),
  )
}
