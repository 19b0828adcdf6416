import assert from 'node:assert/strict'
import { existsSync, readdirSync, readlinkSync } from 'node:fs'
import { type Connection, connect, GpuLostError } from '../../../src/engine/gpu/connection.ts'
import { STANDIN, until } from './beside.ts'
import type { Mishap } from './workers/standin.ts'

/** Names of the shared files that this process has open. */
function shared(): string[] {
  const names = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      // The folder's own descriptor, which is closed by now.
      return ''
    }
  })
  return names.filter((name) => /gruflow-[\da-f-]{36}/.test(name))
}

describe('the connection to the GPU process', () => {
  let connection: Connection
  const { execPath } = process
  const hello = (deadlineMs: number): Promise<string> =>
    connection.ask(
      'hello',
      () => ({}),
      ({ adapter }) => adapter.vendor,
      { deadlineMs },
    )
  afterEach(() => {
    process.execPath = execPath
    delete process.env.STANDIN
    connection?.end()
  })

  it('reads an answer that came while this process was busy beyond the deadline', async () => {
    connection = connect(STANDIN)
    assert.equal(await hello(20_000), 'standin')
    const answers = [hello(100), hello(20_000)]
    // As a host that computes for long in one turn.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000)
    assert.deepEqual(await Promise.all(answers), ['standin', 'standin'])
  })

  it('is lost with all that wait when there is no answer', async () => {
    process.env.STANDIN = JSON.stringify({ type: 'hello', nth: 2, how: 'hang' } satisfies Mishap)
    connection = connect(STANDIN)
    await hello(20_000)
    const lost = new Promise((resolve) => connection.onLost(resolve))
    const asked = await Promise.allSettled([hello(100), hello(20_000)])
    const error = await lost
    assert.ok(error instanceof GpuLostError)
    assert.equal(error.message, 'the GPU did not answer within 0.1 s')
    assert.deepEqual(
      asked.map((one) => one.status === 'rejected' && one.reason),
      [error, error],
    )
  })

  it('says that the process could not be started, and keeps no file open', async function () {
    if (!existsSync('/proc/self/fd')) {
      console.log('    skipped: there is no /proc')
      this.skip()
    }
    const before = new Set(shared())
    process.execPath = '/nowhere/node'
    connection = connect(STANDIN)
    await assert.rejects(hello(20_000), /^GpuLostError: the GPU process failed: spawn .*ENOENT$/)
    await until(() => shared().every((name) => before.has(name)))
  })
})
