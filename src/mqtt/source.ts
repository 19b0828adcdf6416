import { quote } from '../quote.ts'
import { checkQos } from './check.ts'
import { checkConnection, type MqttOptions, openConnection } from './client.ts'
import { checkFilter } from './topic.ts'

/** Answers to a subscription from this on are refusals (MQTT 3.1.1, 3.9.3). */
const REFUSED = 0x80

/** One message from a broker. */
export interface MqttMessage {
  readonly topic: string
  readonly payload: Buffer
  /** Kept by the broker from before the subscription, so possibly old. */
  readonly retain: boolean
  readonly qos: 0 | 1 | 2
  /** Arrival, ms since the epoch. */
  readonly time: number
}

export interface SourceOptions extends MqttOptions {
  /** Highest quality of service asked for. @default 0 */
  readonly qos?: 0 | 1 | 2
}

interface Receiver {
  next(message: MqttMessage): void
  error(error: Error): void
}

/**
 * Prepares a subscription to topic filters; calling the result connects, what that returns disconnects.
 * @throws TypeError or RangeError naming the url, filter or option that cannot be used
 */
export function mqttSource(
  url: string,
  topics: string | readonly string[],
  options: SourceOptions,
): (receiver: Receiver) => () => void {
  const { qos = 0 } = options
  const filters = typeof topics === 'string' ? [topics] : [...topics]
  checkConnection(url, options)
  checkQos(qos)
  if (filters.length === 0) throw new TypeError('topics must name at least one topic filter, got none')
  filters.forEach(checkFilter)

  return (receiver) => {
    let listening = false
    let subscribed = false
    return openConnection(url, options, {
      connect(client, sessionPresent, report) {
        if (!listening) {
          listening = true
          client.on('message', (topic, payload, packet) => {
            receiver.next({ topic, payload, retain: packet.retain, qos: packet.qos, time: Date.now() })
          })
        }
        // A session that the broker kept still holds the subscriptions; asking again would repeat retained messages.
        if (subscribed && sessionPresent) return
        client.subscribe(filters, { qos }, (error, _, answer) => {
          const refused = filters.filter((_filter, i) => Number(answer?.granted[i]) >= REFUSED)
          if (refused.length > 0) report({ state: 'error', error: refusal(refused) })
          // Without an answer the connection was lost; the next one asks again.
          if (error) return
          subscribed = true
          report({ state: 'subscribed' })
        })
      },
      fail: (error) => receiver.error(error),
    })
  }
}

function refusal(filters: readonly string[]): Error {
  return new Error(`the broker refused the subscription to ${filters.map(quote).join(', ')}`)
}
