import { filter, map, tap } from 'rxjs'
import type { Outcome } from '../forecast/types.ts'
import type { MqttStatus } from '../mqtt/client.ts'
import { type ParsedPayload, parsePayload } from '../mqtt/payload.ts'
import { forecast } from '../rx/forecast.ts'
import { fromMqtt } from '../rx/fromMqtt.ts'
import { toMqtt } from '../rx/toMqtt.ts'
import { tableHeader, tableRow } from './table.ts'

export interface Watching {
  /** Settles when the broker has confirmed the subscription. */
  readonly ready: Promise<void>
  end(): void
}

type Message = ParsedPayload & { readonly topic: string }

/** Forecasts every topic of the demo, publishes to `forecast/<topic>` and prints the latest of each. */
export function watchForecasts(url: string, onStatus: (status: MqttStatus) => void): Watching {
  const latest = new Map<string, Outcome<Message>>()
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
      }),
      tap((outcome) => {
        // A reading that came to nothing does not hide the last forecast.
        if (outcome.forecast || !latest.get(outcome.key)?.forecast) latest.set(outcome.key, outcome)
      }),
      filter((outcome) => outcome.forecast !== undefined),
      toMqtt(url, {
        topic: ({ key }) => `forecast/${key}`,
        payload: (outcome) => JSON.stringify(outcome.forecast),
      }),
    )
    .subscribe()
  const printing = process.stdout.isTTY ? redraw(latest) : log(latest)
  return {
    ready,
    end() {
      clearInterval(printing)
      forecasting.unsubscribe()
    },
  }
}

type Latest = ReadonlyMap<string, Outcome<unknown>>

/** Draws the table over itself, once a second. */
function redraw(latest: Latest): NodeJS.Timeout {
  let drawn = 0
  return setInterval(() => {
    const lines = [tableHeader, ...[...latest.values()].map(tableRow)]
    if (drawn > 0) process.stdout.moveCursor(0, -drawn)
    for (const line of lines) {
      process.stdout.clearLine(0)
      process.stdout.write(`${line.slice(0, process.stdout.columns - 1)}\n`)
    }
    drawn = lines.length
  }, 1000)
}

/** A line for each topic every 2 s: for logs, and for programs that read along. */
function log(latest: Latest): NodeJS.Timeout {
  console.log(tableHeader)
  return setInterval(() => {
    for (const outcome of latest.values()) console.log(tableRow(outcome))
  }, 2000)
}
