import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { connectAsync } from 'mqtt'
import { openBroker } from '../../src/cli/broker.ts'
import { freePort, listen } from '../../src/cli/listen.ts'

async function close(server: Server): Promise<void> {
  server.close()
  await once(server, 'close')
}

describe('port', () => {
  it('is the one asked for, or the next one when that is taken', async () => {
    const first = createServer()
    const port = await listen(first, 0)
    const second = createServer()
    const next = await listen(second, port)
    try {
      assert.ok(next > port && next < port + 50)
      assert.ok((await freePort(port)) > next)
    } finally {
      await Promise.all([close(first), close(second)])
    }
    assert.equal(await freePort(port), port)
  })

  it('is refused when it is not for us', async () => {
    await assert.rejects(listen(createServer(), 65536), RangeError)
  })
})

describe('embedded broker', () => {
  it('hands messages on, and closes while clients are connected', async () => {
    const broker = await openBroker({ port: 0 })
    const client = await connectAsync(broker.url)
    await client.subscribeAsync('plant/#')
    const message = new Promise<[string, Buffer]>((resolve) =>
      client.once('message', (...args) => resolve([args[0], args[1]])),
    )
    await client.publishAsync('plant/a', '1')
    const [topic, payload] = await message
    assert.deepEqual([topic, String(payload)], ['plant/a', '1'])
    const gone = new Promise<void>((resolve) => client.once('close', () => resolve()))
    await Promise.all([broker.close(), broker.close(), gone])
    await client.endAsync(true)
  })

  it('takes the next port when its own is taken', async () => {
    const first = await openBroker({ port: 0 })
    const second = await openBroker({ port: first.port })
    assert.ok(second.port > first.port)
    assert.equal(second.url, `mqtt://127.0.0.1:${second.port}`)
    await Promise.all([first.close(), second.close()])
  })
})
