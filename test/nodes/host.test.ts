import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { openHost } from '../../nodes/host.ts'
import type { SnapshotTree } from '../../src/forecast/types.ts'
import type { SnapshotFile } from '../../src/store/file.ts'
import { decodeSnapshot } from '../../src/store/snapshot.ts'

const options = { horizon: 4, segment: 4, hiddenSize: 4, learn: false }

/** A file in memory that tells of writes and can refuse them. */
function memoryFile(): SnapshotFile & { bytes?: Uint8Array; full: boolean; events: EventEmitter } {
  const events = new EventEmitter()
  return {
    full: false,
    events,
    read(use) {
      return this.bytes ? { value: use(this.bytes), refused: [] } : { refused: [] }
    },
    keepCopy() {},
    async write(bytes) {
      events.emit('write')
      if (this.full) throw new Error('ENOSPC: no space left on device')
      this.bytes = bytes
    },
    async remove() {
      this.bytes = undefined
    },
  }
}

describe('the host of a model', () => {
  const warnings: string[] = []
  const warn = (message: string): void => {
    warnings.push(message)
  }
  beforeEach(() => {
    warnings.length = 0
  })

  it('saves by itself while there is something new, and not without', async () => {
    const file = memoryFile()
    const host = openHost({ model: options, file, warn, saveEvery: 1 })
    const streams = host.attach('node', { warmUp: 2 })
    let writes = 0
    file.events.on('write', () => writes++)
    streams.push('a', 1, 1000)
    host.touch()
    await once(file.events, 'write')
    const tree = decodeSnapshot(file.bytes!) as { streams: [string, { streams: SnapshotTree[] }][] }
    assert.equal(tree.streams[0][0], 'node')
    assert.equal(tree.streams[0][1].streams.length, 1)

    await host.close()
    assert.equal(writes, 1, 'nothing changed since')
  })

  it('does not keep the process alive', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const before = timers()
    const host = openHost({ model: options, file: memoryFile(), warn })
    assert.equal(timers(), before)
    await host.close()
  })

  it('waits at its close for a save under way', async () => {
    const file = memoryFile()
    let finish = (): void => {}
    file.write = () => {
      file.events.emit('write')
      return new Promise((resolve) => (finish = resolve))
    }
    const host = openHost({ model: options, file, warn, saveEvery: 1 })
    host.touch()
    await once(file.events, 'write')
    let closed = false
    const closing = host.close().then(() => (closed = true))
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(closed, false)
    finish()
    await closing
  })

  it('warns once while it cannot save, goes on, and heals', async () => {
    const file = memoryFile()
    const host = openHost({ model: options, file, warn, saveEvery: 1 })
    const streams = host.attach('node', { warmUp: 2, period: 1000 })
    file.full = true
    host.touch()
    for (let i = 0; i < 3; i++) await once(file.events, 'write')
    assert.deepEqual(warnings, ['cannot save: ENOSPC: no space left on device'])
    streams.push('a', 1, 1000)
    assert.ok(streams.push('a', 2, 2000).forecast, 'forecasts go on')

    file.full = false
    await once(file.events, 'write')
    await host.close()
    assert.ok(file.bytes, 'saved once there was space')
    assert.equal(warnings.length, 1)
  })

  it('gives each node its own streams, once', async () => {
    const host = openHost({ model: options, warn })
    const a = host.attach('a', { warmUp: 2 })
    const b = host.attach('b', { warmUp: 2 })
    a.push('key', 1, 1000)
    assert.deepEqual([a.size, b.size], [1, 0])
    await host.detach('a')
    assert.equal(host.attach('a', { warmUp: 2 }).size, 1)
    host.forget('a')
    assert.equal(host.attach('a', { warmUp: 2 }).size, 0)
    await host.detach('unknown')
    host.forget('unknown')
    await host.close()
  })

  it('leaves the streams alone of a node that has attached before the old one let go', async () => {
    const host = openHost({ model: { ...options, device: 'gpu' }, warn })
    const settings = { warmUp: 2, period: 1000 }
    const old = host.attach('a', settings)
    await old.take('key', 1, 1000)
    const detaching = host.detach('a')
    const next = host.attach('a', settings)
    await detaching
    assert.match((await old.take('key', 2, 2000)).skipped?.message ?? '', /closed/)
    assert.ok((await next.take('key', 2, 2000)).forecast, 'it goes on where the old one was')
    await host.detach('a')
    assert.equal(host.attach('a', settings).counts('key')?.accepted, 2)
    await host.close()
  })

  it('removes the file only when asked', async () => {
    const file = memoryFile()
    const first = openHost({ model: options, file, warn })
    first.touch()
    await first.close()
    assert.ok(file.bytes)
    await openHost({ model: options, file, warn }).close({ remove: true })
    assert.equal(file.bytes, undefined)
  })

  it('refuses impossible options at once', () => {
    assert.throws(() => openHost({ model: { horizon: 0 }, warn }), /horizon must be .* got 0/)
  })
})
