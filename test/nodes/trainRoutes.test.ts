import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { AdminHandler, Red } from '../../nodes/red.ts'
import { serveTrain } from '../../nodes/trainRoutes.ts'
import { createRuntime, type Runtime } from './red.ts'
import { until } from './stepFlow.ts'
import { fakeFits, metrics, told, trainFlow } from './trainFlow.ts'

const IDLE = { state: 'idle', waiting: 0, progress: null, collected: 0, last: null }

describe('what the editor asks of gru-train', () => {
  let red: Runtime
  let server: Server
  let url: string
  let fits: ReturnType<typeof fakeFits>
  const json = async (path: string, init?: RequestInit): Promise<[status: number, body: unknown]> => {
    const response = await fetch(`${url}${path}`, init)
    return [response.status, await response.json()]
  }
  const progress = (): Promise<[status: number, body: unknown]> => json('/gru-train/train/progress')
  const stop = (headers: Record<string, string> = {}): Promise<[status: number, body: unknown]> =>
    json('/gru-train/train/stop', { method: 'POST', headers })

  beforeEach(async () => {
    fits = fakeFits()
    red = createRuntime(fits.register)
    await red.start(trainFlow())
    server = createServer(red.admin()).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterEach(async () => {
    server.closeAllConnections()
    server.close()
    await red.dispose()
  })

  it('is how far the fit is, what waits, and what became of the last one', async () => {
    assert.deepEqual(await progress(), [200, IDLE])
    await red.give('train', [{ payload: 7 }, { payload: [1, 2, 3] }, { payload: [4, 5, 6] }])
    const fit = await fits.next()
    assert.deepEqual(await progress(), [200, { ...IDLE, state: 'fitting', waiting: 1, collected: 1 }])
    fit.options.onProgress?.(told)
    const [, body] = await progress()
    assert.deepEqual((body as { progress: unknown }).progress, { ...told, validationLoss: null })
    fit.finish()
    const next = await fits.next()
    next.options.onProgress?.(told)
    fit.options.onProgress?.({ ...told, share: 0.9 })
    next.fail(new Error('the worker ran out of memory'))
    await until('both answers', () => red.answers.length === 3)
    const last = { error: 'the worker ran out of memory' }
    assert.deepEqual(await progress(), [200, { ...IDLE, collected: 1, last }])
    await red.give('train', [{ payload: [1, 2, 3] }])
    ;(await fits.next()).finish()
    await until('the answer', () => red.answers.length === 4)
    assert.deepEqual(await progress(), [200, { ...IDLE, collected: 1, last: { sentence: metrics.sentence } }])
  })

  it('is an end of all fits, for its own pages and for programs', async () => {
    await red.give('train', [{ payload: [1, 2, 3] }, { payload: [4, 5, 6] }])
    const fit = await fits.next()
    for (const origin of ['http://elsewhere.example', 'null', `${url}.example`]) {
      assert.equal((await stop({ origin }))[0], 403, origin)
    }
    assert.ok(!fit.options.signal?.aborted)
    assert.deepEqual(await stop({ origin: url }), [200, { stopped: 2 }])
    await until('both answers', () => red.answers.length === 2)
    for (const { error } of red.answers) assert.equal(error?.message, 'the fit was stopped: by the editor')
    assert.deepEqual(await stop(), [200, { stopped: 0 }])
  })

  it('is nothing of nodes that are none', async () => {
    for (const id of ['gone', 'out', '__proto__', '%00', '..%2ftrain']) {
      assert.equal((await json(`/gru-train/${id}/progress`))[0], 404, id)
      assert.equal((await json(`/gru-train/${id}/stop`, { method: 'POST' }))[0], 404, id)
    }
  })

  it('asks for permission on every route', () => {
    const routes: [string, string, unknown][] = []
    const guard = (permission: string): AdminHandler => Object.assign(() => {}, { permission })
    const note = (method: string) => (path: string, first: AdminHandler) =>
      routes.push([method, path, (first as AdminHandler & { permission?: string }).permission])
    serveTrain({
      auth: { needsPermission: guard },
      httpAdmin: { get: note('get'), post: note('post') },
    } as unknown as Red)
    assert.deepEqual(routes, [
      ['get', '/gru-train/:id/progress', 'gru-train.read'],
      ['post', '/gru-train/:id/stop', 'gru-train.write'],
    ])
  })
})
