import { filter, map, tap } from 'rxjs'
import type { DeviceChoice } from '../engine/device.ts'
import type { Forecast, Outcome } from '../forecast/types.ts'
import type { MqttStatus } from '../mqtt/client.ts'
import { type ParsedPayload, parsePayload } from '../mqtt/payload.ts'
import { forecast } from '../rx/forecast.ts'
import { fromMqtt } from '../rx/fromMqtt.ts'
import { toMqtt } from '../rx/toMqtt.ts'
import { deviceLine, tableHeader, tableRow } from './table.ts'

export interface Watching {
  /** Settles when the broker has confirmed the subscription. */
  readonly ready: Promise<void>
  end(): void
}

export interface WatchOptions {
  /** What steps the GRU. */
  readonly device: DeviceChoice
  readonly onStatus: (status: MqttStatus) => void
}

type Message = ParsedPayload & { readonly topic: string }

/** Forecasts every topic of the demo, publishes to `forecast/<topic>` and prints the latest of each. */
export function watchForecasts(url: string, { device, onStatus }: WatchOptions): Watching {
  const latest = new Map<string, Outcome<Message>>()
  const shown: Shown = { latest }
  let subscribed = (): void => {}
  const ready = new Promise<void>((resolve) => {
    subscribed = resolve
  })
  const forecasting = fromMqtt(url, ['plant/#', 'weather/#'], {
    onStatus(status) {
      if (status.state === 'subscribed') subscribed()
      onStatus(status)
    },
  })
    .pipe(
      map(({ topic, payload }): Message => ({ topic, ...parsePayload(payload) })),
      forecast({
        key: ({ topic }) => topic,
        value: ({ value, error }) => error ?? value,
        time: ({ time }) => time,
        device,
      }),
      tap((outcome) => {
        // A reading that came to nothing does not hide the last forecast.
        if (outcome.forecast || !latest.get(outcome.key)?.forecast) latest.set(outcome.key, outcome)
        shown.newest = outcome.forecast ?? shown.newest
      }),
      filter((outcome) => outcome.forecast !== undefined),
      toMqtt(url, {
        topic: ({ key }) => `forecast/${key}`,
        payload: (outcome) => JSON.stringify(outcome.forecast),
      }),
    )
    .subscribe()
  const printing = process.stdout.isTTY ? redraw(shown) : log(shown)
  return {
    ready,
    end() {
      clearInterval(printing)
      forecasting.unsubscribe()
    },
  }
}

interface Shown {
  readonly latest: ReadonlyMap<string, Outcome<unknown>>
  /** Of all topics. */
  newest?: Forecast
}

/** Draws the table over itself, once a second. */
function redraw(shown: Shown): NodeJS.Timeout {
  let drawn = 0
  return setInterval(() => {
    const lines = [tableHeader, ...[...shown.latest.values()].map(tableRow)]
    if (shown.newest) lines.push(deviceLine(shown.newest))
    if (drawn > 0) process.stdout.moveCursor(0, -drawn)
    for (const line of lines) {
      process.stdout.clearLine(0)
      process.stdout.write(`${line.slice(0, process.stdout.columns - 1)}\n`)
    }
    drawn = lines.length
  }, 1000)
}

/** A line for each topic every 2 s, and what steps the GRU when that changes: for logs, and for programs that read along. */
function log(shown: Shown): NodeJS.Timeout {
  let said = ''
  console.log(tableHeader)
  return setInterval(() => {
    for (const outcome of shown.latest.values()) console.log(tableRow(outcome))
    const line = shown.newest ? deviceLine(shown.newest) : ''
    if (line !== said) console.log(line)
    said = line
  }, 2000)
}
