import { createScorer } from '../src/forecast/score.ts'
import type { Forecast, PushResult } from '../src/forecast/types.ts'
import type { Message } from './red.ts'

/** What a message gives rise to: one on the first output, or one for each output, `null` where there is none. */
type Sent = Message | readonly (Message | null)[]

export interface OutputsOptions {
  /** Forecasts of a stream from one metrics message to the next; 0: there are none. @default 60 */
  readonly metricsEvery?: number
  /** Grid steps of the season, where it is known. */
  readonly season?: number
  readonly maxStreams?: number
}

/**
 * Makes the function that says what to send: the forecast on the first output, an alarm on the second, and how good
 * forecasts have been, now and then, on the third. Nothing for a reading that was skipped.
 */
export function createOutputs({
  metricsEvery = 60,
  season,
  maxStreams,
}: OutputsOptions): (msg: Message, key: string, result: PushResult) => Sent | undefined {
  const scorer = metricsEvery > 0 ? createScorer({ season, maxStreams }) : undefined

  return (msg, key, result) => {
    scorer?.learn(key, result)
    const { forecast } = result
    if (!forecast) return undefined
    const sent = forecastMessage(msg, forecast)
    const alarm = forecast.anomaly?.flagged ? anomalyMessage(msg, forecast, forecast.anomaly) : null
    const due = scorer !== undefined && scorer.forecasts(key) % metricsEvery === 0
    const metrics = due ? { ...msg, payload: scorer.scores(key) } : null
    // A message alone takes a shorter way through the runtime than an array.
    return alarm || metrics ? [sent, alarm, metrics] : sent
  }
}

/** All that the message had, with the forecast as payload; a single interval is not said twice. */
function forecastMessage(msg: Message, forecast: Forecast): Message {
  const { intervals, ...rest } = forecast
  return { ...msg, payload: intervals.length > 1 ? forecast : rest }
}

function anomalyMessage(
  msg: Message,
  { key, cutoff, last }: Forecast,
  { expected, lower, upper, likelihood }: NonNullable<Forecast['anomaly']>,
): Message {
  return { ...msg, payload: { key, time: cutoff, value: last, expected, lower, upper, likelihood } }
}
