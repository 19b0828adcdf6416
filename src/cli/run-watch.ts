import { createForecastModel } from '../forecast/model.ts'
import type { ForecastModel, Outcome, Streams } from '../forecast/types.ts'
import type { MqttOptions } from '../mqtt/client.ts'
import { readFitted } from '../store/fitted.ts'
import { createConnection } from './connection.ts'
import { naming } from './import-options.ts'
import { liveForecasts } from './live-forecasts.ts'
import { createTally, type Tally } from './live-tally.ts'
import { openView } from './live-view.ts'
import { jsonLine } from './printable.ts'
import { duration } from './progress.ts'
import { createStage } from './stage.ts'
import { readCertificates, type WatchOptions } from './watch-options.ts'

/** Topics that are kept where nothing is said. */
const MAX_TOPICS = 500
/** Milliseconds until an attempt to connect has failed. */
const CONNECT_TIMEOUT = 10_000

/**
 * Forecasts a live broker until SIGINT, SIGTERM or SIGHUP, then says in a line what there was.
 * @throws Error when the broker cannot be reached or refuses the first connection; later ones are tried again for ever
 */
export async function runWatch(options: WatchOptions): Promise<void> {
  const { url, topics, path, json } = options
  const stage = createStage()
  const tally = createTally(options.maxStreams ?? MAX_TOPICS)
  const begun = performance.now()
  let version = 0
  try {
    const client = await clientOptions(options)
    const { model, streams } = await openStreams(options)
    stage.later(async () => {
      version = model.version
      await model.close()
    })
    const connection = createConnection(options)
    const watched = liveForecasts(url, topics, {
      streams,
      path,
      client,
      onStatus: connection.onStatus,
    }).subscribe({
      next: json ? printing(tally) : tally.take,
      error: connection.fail,
    })
    stage.later(() => watched.unsubscribe())
    await Promise.race([connection.first, stage.stopped])
    if (!json) stage.later(openView({ tally, model, connection: connection.line }))
    await Promise.race([connection.failed, stage.stopped])
  } finally {
    await stage.clear()
  }
  const say = json ? console.error : console.log
  say(summary(tally, version, (performance.now() - begun) / 1000))
}

/** Counts outcomes, and prints each as a line of JSON. */
function printing(tally: Tally): (outcome: Outcome<unknown>) => void {
  return (outcome) => {
    tally.take(outcome)
    const { key: topic, forecast, skipped } = outcome
    const what = forecast ? { forecast } : { skipped: { ...skipped, error: undefined } }
    console.log(jsonLine({ topic, ...what }))
  }
}

async function clientOptions({ credentials, ca }: WatchOptions): Promise<MqttOptions['client']> {
  return {
    ...credentials,
    connectTimeout: CONNECT_TIMEOUT,
    ...(ca === undefined ? {} : { ca: await readCertificates(ca) }),
  }
}

async function openStreams(options: WatchOptions): Promise<{ model: ForecastModel; streams: Streams }> {
  const { model: file, season, device = 'auto', warmUp, coverage, maxStreams = MAX_TOPICS } = options
  if (file === undefined) {
    const model = createForecastModel({ horizon: options.horizon, season, device })
    return { model, streams: model.streams({ period: options.period, warmUp, coverage, maxStreams }) }
  }
  return naming(
    file,
    (async () => {
      const fitted = await readFitted(file)
      const { horizon } = fitted.model.spec
      if (options.horizon !== undefined && options.horizon !== horizon) {
        throw new Error(`it forecasts ${horizon} steps ahead, not ${options.horizon}`)
      }
      const model = createForecastModel({ horizon, season, device })
      model.adopt(fitted.model, fitted.metrics?.skill ?? null)
      const period = options.period ?? fitted.period ?? undefined
      return { model, streams: model.streams({ period, warmUp, coverage, maxStreams }) }
    })(),
  )
}

/** What there was, in a line. */
function summary(tally: Tally, version: number, seconds: number): string {
  const { readings, forecasts, invalid, alarms } = tally
  const counts = [
    `${forecasts} forecasts`,
    ...(alarms > 0 ? [`${alarms} alarms`] : []),
    ...(invalid > 0 ? [`${invalid} unusable`] : []),
  ]
  const topics = tally.topics().length
  return `${readings} readings of ${topics} ${topics === 1 ? 'topic' : 'topics'} in ${duration(seconds)}: ${counts.join(', ')}; GRU version ${version}`
}
