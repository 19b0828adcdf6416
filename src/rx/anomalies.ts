import { defer, mergeMap, type OperatorFunction } from 'rxjs'
import type { Anomaly, Forecast, Outcome } from '../forecast/types.ts'
import { quote } from '../quote.ts'

export interface AnomaliesOptions {
  /** Likelihood from which on a reading is flagged, between 0 and 1. @default as the forecast flags it */
  readonly threshold?: number
  /** With `threshold`: forecasts of a stream after an alarm in which none begins. 0–1,000,000. @default 100 */
  readonly refractory?: number
}

/** A reading that was flagged, and what had been expected. */
export interface AnomalyEvent<T> extends Pick<Anomaly, 'expected' | 'lower' | 'upper' | 'likelihood'> {
  readonly source: T
  readonly key: string
  /** Grid time of the reading, ms since the epoch. */
  readonly cutoff: number
  readonly value: number
}

/** Streams whose last alarm is remembered. */
const MAX_RESTING = 10_000

/**
 * Passes on the readings at which an alarm begins, and no others.
 *
 * ```
 * source      --F---F---A---A---i---F--|    F forecast, A flagged, i invalid
 * anomalies   ----------a---a----------|
 * ```
 *
 * In the same turn, from outcomes of `forecast`. Without options a reading is passed on where its forecast flags it:
 * after 150 readings of its stream or so, and not again for 100 of them. With a `threshold` it is by the likelihood
 * alone, and `refractory` tells how long the stream then keeps quiet.
 *
 * Cold: each subscription begins with nothing.
 *
 * @throws RangeError naming an impossible option and its value
 * @example
 * fromMqtt('mqtt://127.0.0.1', 'plant/#')
 *   .pipe(forecast({ key: (m) => m.topic, value: (m) => Number(m.payload) }), anomalies({ threshold: 0.999 }))
 *   .subscribe(({ key, value, lower, upper }) => console.log(`${key}: ${value}, not ${lower} to ${upper}`))
 */
export function anomalies<T>(options: AnomaliesOptions = {}): OperatorFunction<Outcome<T>, AnomalyEvent<T>> {
  const { threshold, refractory = 100 } = options
  if (threshold !== undefined && !(typeof threshold === 'number' && threshold > 0 && threshold < 1)) {
    throw new RangeError(`threshold must lie between 0 and 1, got ${quote(threshold)}`)
  }
  if (!Number.isInteger(refractory) || refractory < 0 || refractory > 1_000_000) {
    throw new RangeError(`refractory must be a whole number from 0 to 1000000, got ${quote(refractory)}`)
  }
  return (source) =>
    defer(() => {
      const begins = threshold === undefined ? flagged : above(threshold, refractory)
      return source.pipe(
        mergeMap(({ source: from, key, forecast }) =>
          forecast?.anomaly && begins(key, forecast.anomaly) ? [event(from, forecast, forecast.anomaly)] : [],
        ),
      )
    })
}

const flagged = (_key: string, anomaly: Anomaly): boolean => anomaly.flagged

/** Makes the function that finds alarms by a threshold of its own. */
function above(threshold: number, refractory: number): (key: string, anomaly: Anomaly) => boolean {
  // How many forecasts are left to keep quiet at. In the order of the alarms; keys come from outside: never an object.
  const resting = new Map<string, number>()
  return (key, { likelihood }) => {
    const rest = resting.get(key) ?? 0
    if (rest > 1) resting.set(key, rest - 1)
    else resting.delete(key)
    if (rest > 0 || likelihood < threshold) return false
    if (refractory === 0) return true
    if (resting.size >= MAX_RESTING) resting.delete(resting.keys().next().value!)
    resting.set(key, refractory)
    return true
  }
}

function event<T>(source: T, forecast: Forecast, anomaly: Anomaly): AnomalyEvent<T> {
  const { key, cutoff, last: value } = forecast
  const { expected, lower, upper, likelihood } = anomaly
  return { source, key, cutoff, value, expected, lower, upper, likelihood }
}
