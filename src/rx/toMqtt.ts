import { type MonoTypeOperatorFunction, Observable } from 'rxjs'
import { mqttSink, type SinkOptions } from '../mqtt/sink.ts'

/**
 * Publishes each value and passes it on.
 *
 * ```
 * source   --a--b----c--|
 * broker   ----a--b----c
 * toMqtt   -----a--b----c|
 * ```
 *
 * A value comes out once it was handed over (QoS 0) or acknowledged (QoS 1 and 2), in order. While the broker
 * is away values wait, the newest `maxWaiting` of them; at most 64 are under way at a time. A value that
 * waits no longer, or whose topic or payload cannot be used, goes to `onDropped` and does not come out. The
 * result completes when the source has and all is published, errors at once with the source, or if
 * `options.client` forbids reconnecting. Cold: one connection for each subscription.
 *
 * @throws TypeError or RangeError naming a url or option that cannot be used
 * @example
 * of({ room: 'kitchen', celsius: 21.5 })
 *   .pipe(toMqtt('mqtt://127.0.0.1', { topic: ({ room }) => `home/${room}`, qos: 1 }))
 *   .subscribe()
 */
export function toMqtt<T>(url: string, options: SinkOptions<T>): MonoTypeOperatorFunction<T> {
  const open = mqttSink(url, options)
  return (source) =>
    new Observable((subscriber) => {
      const sink = open(subscriber)
      subscriber.add(sink.end)
      subscriber.add(
        source.subscribe({
          next: sink.next,
          error: (error) => subscriber.error(error),
          complete: sink.complete,
        }),
      )
    })
}
