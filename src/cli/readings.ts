import { Observable } from 'rxjs'
import type { Reading } from '../forecast/types.ts'
import type { Sensor } from './sensors.ts'

export interface SensorReading extends Reading {
  readonly topic: string
  /** How many readings of each sensor came before, missing ones included. */
  readonly step: number
}

export interface ReadingsOptions {
  /** Readings a second of each sensor. */
  readonly rate: number
  /** Readings of each sensor to pass over: those of an earlier run. @default 0 */
  readonly skip?: number
}

/** Reads every sensor `rate` times a second under simulated time; missing readings leave nothing. */
export function readings(
  sensors: readonly Sensor[],
  { rate, skip = 0 }: ReadingsOptions,
): Observable<SensorReading> {
  return new Observable((subscriber) => {
    let step = 0
    for (; step < skip; step++) for (const sensor of sensors) sensor.next()
    const begin = performance.now()
    const tick = (): void => {
      // A busy machine makes timers late: all that is due by now is read, at most a second's worth.
      const due = Math.min(skip + ((performance.now() - begin) * rate) / 1000, step + Math.max(rate, 1))
      for (; step < due; step++) {
        for (const sensor of sensors) {
          const reading = sensor.next()
          if (reading) subscriber.next({ ...reading, topic: sensor.topic, step })
        }
      }
    }
    const timer = setInterval(tick, 1000 / rate)
    return () => clearInterval(timer)
  })
}

/** The sensor that sends bare numbers, as many small devices do; the others send `{value, timestamp}`. */
const BARE = 'plant/line/pressure'

/** What a sensor puts on the wire. */
export function payloadOf({ topic, value, time }: SensorReading): string {
  return topic === BARE ? String(value) : JSON.stringify({ value, timestamp: time })
}
