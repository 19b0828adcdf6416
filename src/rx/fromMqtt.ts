import { Observable } from 'rxjs'
import { type MqttMessage, mqttSource, type SourceOptions } from '../mqtt/source.ts'

/**
 * Messages of some topics, for as long as one listens.
 *
 * ```
 * broker      --m--x   (down)   --m--
 * subscribe   ^ connects   ^ reconnects, subscribes again
 * fromMqtt    --m-----------------m--
 * ```
 *
 * Cold: each subscription has a connection of its own, opened on subscribe and ended on unsubscribe. A broker
 * that is away or refuses is tried again for ever; `onStatus` tells. The observable never completes, and
 * errors only if `options.client` forbids reconnecting. Messages sent while away are lost unless
 * `client: { clientId, clean: false }` and `qos` 1 make the broker keep them.
 *
 * @param url `mqtt://host:1883`; also `mqtts`, `ws`, `wss`
 * @param topics one or more topic filters, with `+` and `#`
 * @throws TypeError or RangeError naming a url, topic filter or option that cannot be used
 * @example
 * fromMqtt('mqtt://127.0.0.1', 'plant/+/temperature').subscribe(({ topic, payload }) => {
 *   console.log(topic, String(payload))
 * })
 */
export function fromMqtt(
  url: string,
  topics: string | readonly string[],
  options: SourceOptions = {},
): Observable<MqttMessage> {
  const open = mqttSource(url, topics, options)
  return new Observable((subscriber) => open(subscriber))
}
