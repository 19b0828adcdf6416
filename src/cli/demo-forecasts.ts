import { filter, tap } from 'rxjs'
import type { DeviceChoice } from '../engine/device.ts'
import { createForecastModel } from '../forecast/model.ts'
import type { MqttStatus } from '../mqtt/client.ts'
import { toMqtt } from '../rx/toMqtt.ts'
import { liveForecasts } from './live-forecasts.ts'
import { createTally } from './live-tally.ts'
import { openView } from './live-view.ts'

export interface DemoForecasts {
  /** Settles when the broker has confirmed the subscription. */
  readonly ready: Promise<void>
  end(): Promise<void>
}

export interface DemoForecastsOptions {
  /** What steps the GRU. */
  readonly device: DeviceChoice
  readonly onStatus: (status: MqttStatus) => void
}

/** Topics that are shown. */
const MAX_TOPICS = 500

/** Forecasts every topic of the demo, publishes to `forecast/<topic>` and prints the latest of each. */
export function openDemoForecasts(url: string, { device, onStatus }: DemoForecastsOptions): DemoForecasts {
  const tally = createTally(MAX_TOPICS)
  const model = createForecastModel({ device })
  let subscribed = (): void => {}
  const ready = new Promise<void>((resolve) => {
    subscribed = resolve
  })
  const forecasting = liveForecasts(url, ['plant/#', 'weather/#'], {
    streams: model.streams({ maxStreams: MAX_TOPICS }),
    onStatus(status) {
      if (status.state === 'subscribed') subscribed()
      onStatus(status)
    },
  })
    .pipe(
      tap(tally.take),
      filter((outcome) => outcome.forecast !== undefined),
      toMqtt(url, {
        topic: ({ key }) => `forecast/${key}`,
        payload: (outcome) => JSON.stringify(outcome.forecast),
      }),
    )
    .subscribe()
  const closeView = openView({ tally, model })
  return {
    ready,
    async end() {
      closeView()
      forecasting.unsubscribe()
      await model.close()
    },
  }
}
