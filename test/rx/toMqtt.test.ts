import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { from, lastValueFrom, of, range, Subject, tap, throwError, toArray } from 'rxjs'
import type { SinkOptions } from '../../src/mqtt/sink.ts'
import { toMqtt } from '../../src/rx/toMqtt.ts'
import { type Broker, startBroker } from '../mqtt/broker.ts'

/** A server that speaks just enough MQTT to look at the bytes. */
async function startServer(onData: (data: Buffer, socket: Socket) => void) {
  const server = createServer((socket) => {
    socket.setNoDelay(true)
    socket.on('data', (data) => onData(data, socket))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const stop = (): Promise<unknown> => new Promise((resolve) => server.close(resolve))
  return { url: `mqtt://127.0.0.1:${port}`, stop }
}

describe('toMqtt', () => {
  let broker: Broker
  let published: string[]

  const record = (): void => {
    broker.aedes.on('publish', ({ topic, payload }, client) => {
      if (client) published.push(`${topic} ${payload}`)
    })
  }

  beforeEach(async () => {
    published = []
    broker = await startBroker()
    record()
  })
  afterEach(() => broker.stop())

  const to = <T>(options: Partial<SinkOptions<T>> = {}) =>
    toMqtt<T>(broker.url, {
      topic: () => 'out',
      ...options,
      client: { reconnectPeriod: 20, ...options.client },
    })

  for (const qos of [0, 1, 2] as const) {
    it(`publishes at QoS ${qos} and passes values on in order, then completes and leaves`, async () => {
      const left = once(broker.aedes, 'clientDisconnect')
      const values = Array.from({ length: 500 }, (_, n) => n)
      const passed = await lastValueFrom(
        from(values).pipe(to({ qos, topic: (n) => `out/${n % 3}` }), toArray()),
      )
      assert.deepEqual(passed, values)
      await left
      assert.deepEqual(
        published,
        values.map((n) => `out/${n % 3} ${n}`),
      )
    })
  }

  it('publishes JSON, text or bytes', async () => {
    await lastValueFrom(of({ a: [1, 2] }).pipe(to({ qos: 1 })))
    await lastValueFrom(of(21.5).pipe(to({ qos: 1, payload: (n) => `${n} °C` })))
    await lastValueFrom(
      of('xyz').pipe(to({ qos: 1, payload: (text) => new TextEncoder().encode(text).subarray(1) })),
    )
    assert.deepEqual(published, ['out {"a":[1,2]}', 'out 21.5 °C', 'out yz'])
  })

  it('has the broker keep the last message', async () => {
    let retained: boolean | undefined
    broker.aedes.on('publish', ({ retain }, client) => {
      if (client) retained = retain
    })
    await lastValueFrom(of(1).pipe(to({ retain: true, qos: 1 })))
    assert.equal(retained, true)
  })

  it('passes a value on once it is acknowledged, with at most 64 under way', async () => {
    const unanswered: Buffer[] = []
    let bytes: Buffer = Buffer.alloc(0)
    let received = 0
    let most = 0
    const raw = await startServer((data, socket) => {
      if (data[0] === 0x10) socket.write(Uint8Array.of(0x20, 2, 0, 0))
      else bytes = Buffer.concat([bytes, data])
      // PUBLISH at QoS 1 (MQTT 3.1.1, 3.3): header and topic take 7 bytes, then comes the id, then 1 byte.
      for (; bytes[0] === 0x32 && bytes.length >= 10; bytes = bytes.subarray(10)) {
        unanswered.push(bytes.subarray(7, 9))
        received++
      }
      most = Math.max(most, unanswered.length)
      while (unanswered.length >= 64 || (received === 200 && unanswered.length > 0)) {
        socket.write(Buffer.concat([Uint8Array.of(0x40, 2), unanswered.shift()!]))
      }
    })
    const passed: number[] = []
    const options: SinkOptions<number> = { topic: () => 'out', payload: () => 'x', qos: 1 }
    await range(0, 200)
      .pipe(
        toMqtt(raw.url, options),
        tap((n) => {
          assert.ok(n < received - unanswered.length, 'passed on before it was acknowledged')
          passed.push(n)
        }),
      )
      .forEach(() => {})
    await raw.stop()
    assert.deepEqual(
      passed,
      Array.from({ length: 200 }, (_, n) => n),
    )
    assert.equal(most, 64)
  })

  it('loses nothing at QoS 1 when the broker goes away and comes back', async () => {
    const source = new Subject<number>()
    const passed: number[] = []
    const done = new Promise<void>((resolve, reject) => {
      source.pipe(to({ qos: 1 })).subscribe({ next: (n) => passed.push(n), error: reject, complete: resolve })
    })
    for (let n = 0; n < 100; n++) source.next(n)
    await once(broker.aedes, 'publish')
    await broker.stop()
    for (let n = 100; n < 200; n++) source.next(n)
    broker = await startBroker(broker.port)
    record()
    source.complete()
    await done
    const values = Array.from({ length: 200 }, (_, n) => n)
    assert.deepEqual(passed, values)
    assert.deepEqual([...new Set(published)].sort(), values.map((n) => `out ${n}`).sort())
  })

  it('keeps the newest values while the broker is away', async () => {
    const { port } = broker
    await broker.stop()
    const source = new Subject<number>()
    const dropped: [number, string][] = []
    const refused = new Promise<void>((resolve) => {
      const onStatus: SinkOptions<number>['onStatus'] = ({ state }) => state === 'error' && resolve()
      const onDropped: SinkOptions<number>['onDropped'] = (n, { message }) => dropped.push([n, message])
      source.pipe(to({ maxWaiting: 3, onDropped, onStatus })).subscribe()
    })
    for (let n = 0; n < 5; n++) source.next(n)
    const why = 'more than 3 values wait for the broker'
    assert.deepEqual(dropped, [
      [0, why],
      [1, why],
    ])
    await refused
    broker = await startBroker(port)
    record()
    const left = once(broker.aedes, 'clientDisconnect')
    source.complete()
    await left
    assert.deepEqual(published, ['out 2', 'out 3', 'out 4'])
  })

  it('drops values without a usable topic or payload, and goes on', async () => {
    const dropped: string[] = []
    const passed = await lastValueFrom(
      from(['a', 'b/+', '#', '', 'c\0', 'throw', 'mute', 'd']).pipe(
        to({
          qos: 1,
          topic: (name) => {
            if (name === 'throw') throw new Error('no topic')
            return name
          },
          payload: (name) => (name === 'mute' ? (undefined as unknown as string) : name),
          onDropped: (_name, { message }) => dropped.push(message),
        }),
        toArray(),
      ),
    )
    assert.deepEqual(passed, ['a', 'd'])
    assert.deepEqual(published, ['a a', 'd d'])
    assert.deepEqual(dropped, [
      'topic must not hold + or #, got "b/+"',
      'topic must not hold + or #, got "#"',
      'topic must be text that is not empty, got ""',
      'topic must not hold NUL, got "c\\u0000"',
      'no topic',
      'payload must be text or bytes, got undefined',
    ])
  })

  it('passes the error of its source', async () => {
    const failed = throwError(() => new Error('broken sensor')).pipe(to())
    await assert.rejects(lastValueFrom(failed), /broken sensor/)
  })

  it('errors when it must not try again', async () => {
    await broker.stop()
    const failed = range(3).pipe(to({ client: { reconnectPeriod: 0 } }))
    await assert.rejects(lastValueFrom(failed), /ECONNREFUSED/)
    broker = await startBroker()
  })

  it('leaves on unsubscribe, even with values under way', async () => {
    const held = new Promise<void>((resolve) => {
      broker.aedes.authorizePublish = () => resolve()
    })
    const source = new Subject<number>()
    const passed: number[] = []
    const subscription = source.pipe(to<number>({ qos: 1 })).subscribe((n) => passed.push(n))
    source.next(1)
    await held
    const left = once(broker.aedes, 'clientDisconnect')
    subscription.unsubscribe()
    assert.equal(source.observed, false)
    await left
    assert.deepEqual(passed, [])
  })

  it('sends the expiry of messages as MQTT 5 has it', async () => {
    const received: Buffer[] = []
    const raw = await startServer((data, socket) => {
      // CONNECT is answered with CONNACK (MQTT 5, 3.2): no session, success, no properties.
      if (data[0] === 0x10) socket.write(Uint8Array.of(0x20, 3, 0, 0, 0))
      received.push(data)
    })
    await lastValueFrom(of(7).pipe(toMqtt(raw.url, { topic: () => 'out', expiry: 300 })))
    await raw.stop()
    const bytes = Buffer.concat(received)
    assert.equal(bytes[8], 5, 'protocol version of CONNECT')
    // PUBLISH (3.3): topic, 5 bytes of properties, 0x02 = message expiry interval, payload.
    const message = Buffer.from([
      0x30,
      12,
      0,
      3,
      ...Buffer.from('out'),
      5,
      0x02,
      0,
      0,
      1,
      44,
      ...Buffer.from('7'),
    ])
    assert.ok(bytes.includes(message), bytes.toString('hex'))
  })

  it('refuses at construction what cannot be used', () => {
    const topic = (): string => 'a'
    assert.throws(() => toMqtt('tcp:/host', { topic }), { name: 'TypeError', message: /got "tcp:\/host"/ })
    assert.throws(() => toMqtt(broker.url, { topic, expiry: 0 }), /expiry .* got 0/)
    assert.throws(
      () => toMqtt(broker.url, { topic, expiry: 9, client: { protocolVersion: 4 } }),
      /protocolVersion 5, got 4/,
    )
    assert.throws(() => toMqtt(broker.url, { topic, maxWaiting: 0 }), /maxWaiting .* got 0/)
    assert.throws(() => toMqtt(broker.url, { topic, qos: 3 as never }), {
      name: 'RangeError',
      message: 'qos must be 0, 1 or 2, got 3',
    })
    for (const wrong of ['out', undefined]) {
      assert.throws(() => toMqtt(broker.url, { topic: wrong as never }), {
        name: 'TypeError',
        message: `topic must be a function of the value, got ${JSON.stringify(wrong)}`,
      })
    }
    for (const name of ['payload', 'onDropped', 'onStatus']) {
      assert.throws(() => toMqtt(broker.url, { topic, [name]: null }), {
        name: 'TypeError',
        message: `${name} must be a function, got null`,
      })
    }
  })
})
