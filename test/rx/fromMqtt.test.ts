import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Socket } from 'node:net'
import { filter, firstValueFrom, ReplaySubject, Subject, take, toArray } from 'rxjs'
import type { MqttStatus } from '../../src/mqtt/client.ts'
import type { MqttMessage } from '../../src/mqtt/source.ts'
import { fromMqtt } from '../../src/rx/fromMqtt.ts'
import { type Broker, startBroker } from '../mqtt/broker.ts'

describe('fromMqtt', () => {
  let broker: Broker

  beforeEach(async () => {
    broker = await startBroker()
  })
  afterEach(() => broker.stop())

  const publish = (topic: string, payload: string, retain = false): Promise<void> =>
    new Promise((resolve, reject) => {
      const packet = {
        cmd: 'publish',
        qos: 1,
        dup: false,
        topic,
        payload: Buffer.from(payload),
        retain,
      } as const
      broker.aedes.publish(packet, (error) => (error ? reject(error) : resolve()))
    })

  /** A subscription, what it received, and its states to wait for. */
  const listen = (topics: string | string[], options: Parameters<typeof fromMqtt>[2] = {}) => {
    const messages = new ReplaySubject<MqttMessage>()
    const statuses = new Subject<MqttStatus>()
    const seen: string[] = []
    const client = { reconnectPeriod: 20, ...options.client }
    const subscription = fromMqtt(broker.url, topics, {
      ...options,
      client,
      onStatus: (status) => {
        seen.push(status.state)
        statuses.next(status)
      },
    }).subscribe(messages)
    const status = (state: MqttStatus['state']): Promise<MqttStatus> =>
      firstValueFrom(statuses.pipe(filter((s) => s.state === state)))
    const received = (count: number): Promise<string[]> =>
      firstValueFrom(messages.pipe(take(count), toArray())).then((all) =>
        all.map(({ topic, payload }) => `${topic} ${payload}`),
      )
    return { subscription, messages, seen, status, received }
  }

  it('gives the messages of wildcard topics, whole and in order', async () => {
    const { subscription, messages, status, received } = listen(['plant/+/temp', 'weather/#'], { qos: 1 })
    await status('subscribed')
    const before = Date.now()
    await publish('plant/1/temp', '21')
    await publish('plant/1/other', 'x')
    await publish('weather', '5')
    await publish('weather/a/b', '6')
    assert.deepEqual(await received(3), ['plant/1/temp 21', 'weather 5', 'weather/a/b 6'])
    const first = await firstValueFrom(messages)
    assert.ok(Buffer.isBuffer(first.payload))
    assert.equal(first.qos, 1)
    assert.equal(first.retain, false)
    assert.ok(first.time >= before && first.time <= Date.now())
    subscription.unsubscribe()
  })

  it('marks what the broker had kept', async () => {
    await publish('a', '1', true)
    const { subscription, messages } = listen('a')
    assert.equal((await firstValueFrom(messages)).retain, true)
    subscription.unsubscribe()
  })

  it('is cold: connects on subscribe, each subscription for itself, and leaves on unsubscribe', async () => {
    const clients: string[] = []
    broker.aedes.on('client', ({ id }) => clients.push(id))
    fromMqtt(broker.url, 'a')
    listen('a').subscription.unsubscribe()
    const one = listen('a')
    const two = listen('a')
    await Promise.all([one.status('subscribed'), two.status('subscribed')])
    assert.equal(new Set(clients).size, 2, 'neither the unsubscribed nor the prepared one connected')
    const left = once(broker.aedes, 'clientDisconnect')
    one.subscription.unsubscribe()
    await left
    await publish('a', '1')
    assert.deepEqual(await two.received(1), ['a 1'])
    const gone = once(broker.aedes, 'clientDisconnect')
    two.subscription.unsubscribe()
    await gone
    assert.equal(broker.aedes.connectedClients, 0)
  })

  it('subscribes again after the broker was away', async () => {
    const { subscription, seen, status, received } = listen(['a/+', 'b/#'])
    await status('subscribed')
    await publish('a/1', 'before')
    await received(1)
    const offline = status('offline')
    await broker.stop()
    await offline
    const again = status('subscribed')
    broker = await startBroker(broker.port)
    await again
    await publish('b/1/2', 'after')
    assert.deepEqual(await received(2), ['a/1 before', 'b/1/2 after'])
    const states = seen.filter((state) => state !== 'error')
    assert.deepEqual(states, ['connected', 'subscribed', 'offline', 'connected', 'subscribed'])
    subscription.unsubscribe()
  })

  it('waits for a broker that is not there yet, and tells', async () => {
    const { port } = broker
    await broker.stop()
    const { subscription, status, received } = listen('a')
    const told = await status('error')
    assert.match(told.state === 'error' ? told.error.message : '', /ECONNREFUSED/)
    const subscribed = status('subscribed')
    broker = await startBroker(port)
    await subscribed
    await publish('a', '1')
    assert.deepEqual(await received(1), ['a 1'])
    subscription.unsubscribe()
  })

  it('tries again when the broker refuses', async () => {
    let attempts = 0
    broker.aedes.authenticate = (_client, _name, _password, done) => done(null, ++attempts > 2)
    const { subscription, seen, status } = listen('a')
    await status('subscribed')
    assert.equal(attempts, 3)
    assert.equal(seen.filter((state) => state === 'error').length, 2)
    subscription.unsubscribe()
  })

  it('errors when it must not try again', async () => {
    broker.aedes.authenticate = (_client, _name, _password, done) => done(null, false)
    const { messages } = listen('a', { client: { reconnectPeriod: 0 } })
    await assert.rejects(firstValueFrom(messages), /Connection refused: /)
  })

  it('names a topic filter that the broker refuses', async () => {
    broker.aedes.authorizeSubscribe = (_client, subscription, done) =>
      done(null, subscription.topic === 'secret/#' ? null : subscription)
    const { subscription, status, received } = listen(['open', 'secret/#'])
    const told = await status('error')
    assert.match(told.state === 'error' ? told.error.message : '', /refused the subscription to "secret\/#"/)
    await publish('open', '1')
    assert.deepEqual(await received(1), ['open 1'])
    subscription.unsubscribe()
  })

  it('switches TCP delay off at every connect', async () => {
    const { setNoDelay } = Socket.prototype
    const switched: boolean[] = []
    Socket.prototype.setNoDelay = function (on) {
      if (this.remotePort === broker.port) switched.push(on ?? true)
      return setNoDelay.call(this, on)
    }
    try {
      const { subscription, status } = listen('a')
      await status('subscribed')
      assert.deepEqual(switched, [true])
      const again = status('offline').then(() => status('subscribed'))
      await broker.stop()
      broker = await startBroker(broker.port)
      await again
      assert.deepEqual(switched, [true, true])
      subscription.unsubscribe()
    } finally {
      Socket.prototype.setNoDelay = setNoDelay
    }
  })

  describe('at construction', () => {
    it('refuses a malformed url, hiding its password', () => {
      for (const url of ['localhost:1883', 'http://localhost', 'mqtt://', 'mqtt://host:99999', '', 'host']) {
        assert.throws(() => fromMqtt(url, 'a'), { name: 'TypeError', message: new RegExp(`got "${url}"`) })
      }
      assert.throws(() => fromMqtt('http://me:pass@word@host/', 'a'), /got "http:\/\/…@host\/"/)
      assert.throws(() => fromMqtt(undefined as unknown as string, 'a'), /got undefined/)
    })

    it('refuses topic filters and options that cannot be used', () => {
      assert.throws(() => fromMqtt(broker.url, 'a/#/b'), /topic filter .* got "a\/#\/b"/)
      assert.throws(() => fromMqtt(broker.url, []), /at least one topic filter, got none/)
      assert.throws(() => fromMqtt(broker.url, 'a', { client: { clean: false } }), /client.clientId/)
      assert.throws(() => fromMqtt(broker.url, 'a', { qos: 7 as never }), {
        name: 'RangeError',
        message: 'qos must be 0, 1 or 2, got 7',
      })
      assert.throws(() => fromMqtt(broker.url, 'a', { onStatus: 'log' as never }), {
        name: 'TypeError',
        message: 'onStatus must be a function, got "log"',
      })
    })
  })
})
