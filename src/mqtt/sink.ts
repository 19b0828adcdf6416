import type { MqttClient } from 'mqtt'
import { quote } from '../quote.ts'
import { checkFunctions, checkQos } from './check.ts'
import { checkConnection, type MqttOptions, openConnection } from './client.ts'
import { checkTopic } from './topic.ts'

/** Messages handed to the client and not yet acknowledged. */
const WINDOW = 64

export interface SinkOptions<T> extends MqttOptions {
  /** Name of the topic to publish a value to. */
  readonly topic: (value: T) => string
  /** What to publish of a value. @default JSON */
  readonly payload?: (value: T) => string | Uint8Array
  /** @default 0 */
  readonly qos?: 0 | 1 | 2
  /** Have the broker keep the last message of each topic for later subscribers. @default false */
  readonly retain?: boolean
  /** Seconds after which the broker drops a message not yet delivered; needs and sets MQTT 5. @default never */
  readonly expiry?: number
  /** Values that wait for the broker; the oldest is dropped beyond that. Minimum: 1. @default 1000 */
  readonly maxWaiting?: number
  /** Called with each value that could not be published, and why. */
  readonly onDropped?: (value: T, reason: Error) => void
}

interface Receiver<T> {
  next(value: T): void
  error(error: Error): void
  complete(): void
}

/** Takes values and gives each back, in order, once it is published. */
export interface Sink<T> {
  next(value: T): void
  /** No more values; completes once all are published. */
  complete(): void
  /** Disconnects at once. */
  end(): void
}

interface Job<T> {
  readonly value: T
  readonly topic: string
  readonly payload: string | Buffer
  settled: boolean
  error?: Error
}

/**
 * Prepares publishing; calling the result connects.
 * @throws TypeError or RangeError naming the url or option that cannot be used
 */
export function mqttSink<T>(url: string, options: SinkOptions<T>): (receiver: Receiver<T>) => Sink<T> {
  const { qos = 0, retain = false, expiry, maxWaiting = 1000, onDropped = () => {} } = options
  checkConnection(url, options)
  checkQos(qos)
  checkFunctions(options, 'payload', 'onDropped')
  if (typeof options.topic !== 'function') {
    throw new TypeError(`topic must be a function of the value, got ${quote(options.topic)}`)
  }
  if (!(Number.isInteger(maxWaiting) && maxWaiting >= 1)) {
    throw new RangeError(`maxWaiting must be a whole number from 1, got ${quote(maxWaiting)}`)
  }
  const client = withExpiry(options)
  const properties = expiry === undefined ? undefined : { messageExpiryInterval: expiry }

  return (receiver) => {
    const waiting: Job<T>[] = []
    const inFlight: Job<T>[] = []
    let online: MqttClient | undefined
    let publishing = false
    let closing = false

    const publish = (): void => {
      if (publishing) return
      publishing = true
      while (online && waiting.length > 0 && inFlight.length < WINDOW) {
        const job = waiting.shift()!
        inFlight.push(job)
        online.publish(job.topic, job.payload, { qos, retain, properties }, (error) => settle([job], error))
      }
      publishing = false
      if (!closing || waiting.length > 0 || inFlight.length > 0) return
      closing = false
      end()
      receiver.complete()
    }

    const settle = (jobs: readonly Job<T>[], error?: Error): void => {
      for (const job of jobs) {
        job.settled = true
        job.error = error
      }
      // Acknowledgements may come in any order; values leave in theirs.
      while (inFlight[0]?.settled) {
        const { value, error: reason } = inFlight.shift()!
        if (reason) onDropped(value, reason)
        else receiver.next(value)
      }
      publish()
    }

    const disconnect = openConnection(
      url,
      { ...options, client },
      {
        connect(connected) {
          online = connected
          publish()
        },
        close() {
          online = undefined
          // QoS 0 ends with handing over: nobody will answer for what the lost socket had taken.
          if (qos === 0) settle(inFlight)
        },
        fail: (error) => receiver.error(error),
      },
    )
    const end = (): void => {
      online = undefined
      waiting.length = 0
      inFlight.length = 0
      disconnect()
    }

    return {
      next(value) {
        let job: Job<T>
        try {
          job = prepare(value, options)
        } catch (thrown) {
          onDropped(value, thrown instanceof Error ? thrown : new TypeError(quote(thrown)))
          return
        }
        waiting.push(job)
        publish()
        if (waiting.length <= maxWaiting) return
        onDropped(
          waiting.shift()!.value,
          new RangeError(`more than ${maxWaiting} values wait for the broker`),
        )
      },
      complete() {
        closing = true
        publish()
      },
      end,
    }
  }
}

function withExpiry<T>({ expiry, client = {} }: SinkOptions<T>): MqttOptions['client'] {
  if (expiry === undefined) return client
  if (!(Number.isInteger(expiry) && expiry >= 1 && expiry <= 0xffffffff)) {
    throw new RangeError(`expiry must be a whole number of seconds from 1, got ${quote(expiry)}`)
  }
  const { protocolVersion = 5 } = client
  if (protocolVersion !== 5) {
    throw new RangeError(`expiry needs client.protocolVersion 5, got ${quote(protocolVersion)}`)
  }
  return { ...client, protocolVersion }
}

function prepare<T>(
  value: T,
  { topic: topicOf, payload: payloadOf = JSON.stringify }: SinkOptions<T>,
): Job<T> {
  const topic = topicOf(value)
  checkTopic(topic)
  const payload: unknown = payloadOf(value)
  if (typeof payload === 'string') return { value, topic, payload, settled: false }
  if (!(payload instanceof Uint8Array)) {
    throw new TypeError(`payload must be text or bytes, got ${quote(payload)}`)
  }
  const { buffer, byteOffset, byteLength } = payload
  return { value, topic, payload: Buffer.from(buffer, byteOffset, byteLength), settled: false }
}
