import assert from 'node:assert/strict'
import type { AedesPublishPacket } from 'aedes'
import { filter, map, ReplaySubject, take, toArray } from 'rxjs'
import { type Forecast, forecast, fromMqtt, parsePayload, toMqtt } from '../../src/index.ts'
import { type Broker, startBroker } from '../mqtt/broker.ts'

describe('the path of a reading, broker to broker', () => {
  let broker: Broker

  beforeEach(async () => {
    broker = await startBroker()
  })
  afterEach(() => broker.stop())

  it('answers every reading of every topic, with a forecast once warm', async () => {
    const skipped: string[] = []
    const statuses = new ReplaySubject<string>()
    const app = fromMqtt(broker.url, 'plant/+/temp', { onStatus: ({ state }) => statuses.next(state) })
      .pipe(
        map(({ topic, payload }) => ({ topic, ...parsePayload(payload) })),
        forecast({
          key: ({ topic }) => topic,
          value: ({ value, error }) => error ?? value,
          time: ({ time }) => time,
          horizon: 3,
          warmUp: 4,
          period: 1000,
        }),
        filter((outcome) => {
          if (outcome.skipped) skipped.push(`${outcome.key} ${outcome.skipped.message}`)
          return !outcome.skipped
        }),
        toMqtt(broker.url, {
          topic: ({ key }) => `forecast/${key}`,
          payload: ({ forecast }) => JSON.stringify(forecast),
          qos: 1,
        }),
      )
      .subscribe()
    const published = new ReplaySubject<AedesPublishPacket>()
    broker.aedes.on('publish', (packet) => packet.topic.startsWith('forecast/') && published.next(packet))
    await waitFor(statuses, 'subscribed')

    send('plant/a/temp', 'unavailable')
    for (let n = 0; n < 6; n++) {
      for (const room of ['a', 'b']) {
        const reading = { value: 20 + n, timestamp: new Date(1.7e12 + n * 1000).toISOString() }
        send(`plant/${room}/temp`, JSON.stringify(reading))
      }
    }

    const packets = await new Promise<AedesPublishPacket[]>((resolve, reject) => {
      published.pipe(take(6), toArray()).subscribe({ next: resolve, error: reject })
    })
    const got = packets.map(({ topic, payload }) => {
      const { key, last, cutoff, mean, lower, upper } = JSON.parse(String(payload)) as Forecast
      assert.equal(topic, `forecast/${key}`)
      for (const row of [mean, lower, upper]) assert.equal(row.length, 3)
      return `${key} ${last} ${cutoff - 1.7e12}`
    })
    const wanted = [23, 24, 25].flatMap((last) =>
      ['a', 'b'].map((room) => `plant/${room}/temp ${last} ${(last - 20) * 1000}`),
    )
    assert.deepEqual(got, wanted)
    app.unsubscribe()
    const warming = [1, 2, 3].flatMap((have) =>
      ['a', 'b'].map((room) => `plant/${room}/temp warming up: ${have} of 4 readings`),
    )
    assert.deepEqual(skipped, ['plant/a/temp payload must be a number, got "unavailable"', ...warming])
  })

  const send = (topic: string, payload: string): void => {
    const packet = { cmd: 'publish', qos: 0, dup: false, retain: false, topic, payload } as const
    broker.aedes.publish(packet, () => {})
  }
})

const waitFor = (values: ReplaySubject<string>, wanted: string): Promise<unknown> =>
  new Promise((resolve) =>
    values
      .pipe(
        filter((value) => value === wanted),
        take(1),
      )
      .subscribe(resolve),
  )
