import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { extname } from 'node:path'
import { createTrainer, type Trainer, type TrainerOptions } from '../../src/learn/client.ts'
import type { FitJob, FitProgress } from '../../src/learn/segment/types.ts'

const own = (name: string): URL => new URL(`./workers/${name}${extname(import.meta.url)}`, import.meta.url)
const MOODY = own('moody')
const [OK, THROWS, EXITS, HANGS, WAITS, HOARDS, BARE, LATER] = [0, 1, 2, 3, 4, 5, 6, 7]

function job(seed: number, more: Partial<FitJob> = {}): FitJob {
  return {
    spec: { segment: 2, horizon: 4, hiddenSize: 4 },
    weights: null,
    series: [],
    seed,
    maxUpdates: 0,
    maxSeconds: 60,
    ...more,
  }
}

/** A job with one series of a daily pattern. */
function waves(length: number, more: Partial<FitJob> = {}): FitJob {
  const values = Float64Array.from(
    { length },
    (_, i) => 20 + 5 * Math.sin((2 * Math.PI * i) / 24) + Math.sin(i * i),
  )
  const observed = new Uint8Array(length).fill(1)
  return job(1, { series: [{ key: 'a', values, observed, scale: 1, season: 24 }], ...more })
}

describe('trainer', () => {
  let trainer: Trainer
  const make = (options: TrainerOptions): Trainer => {
    trainer = createTrainer(options)
    return trainer
  }
  afterEach(() => trainer?.close())

  it('fits a real model in the worker and reports progress', async () => {
    const seen: FitProgress[] = []
    const result = await make({}).fit(waves(400, { maxUpdates: 100 }), { onProgress: (p) => seen.push(p) })
    assert.ok(result.weights.length > 0 && result.weights.every(Number.isFinite))
    assert.deepEqual([...result.seasons], [24])
    assert.ok(result.updates > 0 && result.updates <= 100)
    assert.ok(seen.length > 0 && seen.every((p) => p.maxUpdates === 100))
  })

  it('ends a real fit when it is cancelled, and goes on with the next', async () => {
    const controller = new AbortController()
    const long = make({}).fit(waves(400, { maxUpdates: 1_000_000_000 }), {
      signal: controller.signal,
      onProgress: () => controller.abort(),
    })
    const next = trainer.fit(waves(400, { maxUpdates: 1 }))
    await assert.rejects(long, { name: 'AbortError' })
    assert.ok((await next).weights.length > 0)
  })

  it('copies the job at the call, and no more of a buffer than is shown', async () => {
    const whole = new Float64Array(1000).fill(5)
    const values = whole.subarray(10, 20)
    const series = [{ key: 'a', values, observed: new Uint8Array(10), scale: 1, season: null }]
    const weights = Float32Array.of(1, 2)
    const running = make({ url: own('echo') }).fit(job(0, { series, weights, maxUpdates: 3 }))
    whole.fill(-1)
    weights.fill(-1)
    const result = await running
    assert.equal(result.validationLoss, 5)
    assert.deepEqual([...result.weights], [1, 2])
    assert.deepEqual([...result.seasons], [80])
  })

  it('runs fits one after another, each with its own progress', async () => {
    const order: string[] = []
    make({ url: own('echo') })
    const queue = (name: string, maxUpdates: number) =>
      trainer
        .fit(waves(1, { maxUpdates }), { onProgress: ({ update }) => order.push(`${name}${update}`) })
        .then(() => order.push(name))
    await Promise.all([queue('a', 2), queue('b', 0), queue('c', 1)])
    assert.deepEqual(order, ['a1', 'a2', 'a', 'b', 'c1', 'c'])
  })

  const failures: [string, number, RegExp | object][] = [
    ['throws', THROWS, { name: 'RangeError', message: 'no series is long enough' }],
    ['throws what is no error', BARE, { message: 'a bare word' }],
    ['exits', EXITS, /the training worker exited with code 3/],
    ['runs out of memory', HOARDS, /the training worker failed: .*memory/],
    ['hangs', HANGS, /the fit was ended after 300 ms/],
  ]
  for (const [what, seed, error] of failures) {
    it(`fails the fit whose worker ${what}, and only that`, async () => {
      make({ url: MOODY, maxMemoryMb: 32 })
      const first = trainer.fit(job(seed), seed === HANGS ? { timeoutMs: 300 } : {})
      const second = trainer.fit(job(OK))
      await assert.rejects(first, error)
      assert.deepEqual([...(await second).weights], [OK])
    })
  }

  it('survives a worker that dies between fits', async () => {
    make({ url: MOODY })
    await trainer.fit(job(LATER))
    // The worker's end may still be on its way: it then takes the fit with it, but not the one after.
    await trainer.fit(job(OK)).catch(() => {})
    assert.deepEqual([...(await trainer.fit(job(OK))).weights], [OK])
  })

  it('fails when there is no such worker', async () => {
    await assert.rejects(make({ url: own('missing') }).fit(job(OK)), /the training worker failed: .*missing/)
  })

  it('fails the job that cannot be copied or sent, and only that', async () => {
    make({ url: MOODY })
    const broken = { ...job(OK), spec: { segment: () => 2 } } as unknown as FitJob
    await assert.rejects(trainer.fit(broken), /could not be cloned/)
    await assert.rejects(trainer.fit({} as FitJob), TypeError)
    assert.deepEqual([...(await trainer.fit(job(OK))).weights], [OK])
  })

  it('cancels the running fit, a queued one, and one that has not begun', async () => {
    make({ url: MOODY })
    const [running, queued] = [new AbortController(), new AbortController()]
    const reason = new Error('no longer wanted')
    const first = trainer.fit(job(WAITS), { signal: running.signal, onProgress: () => running.abort(reason) })
    const second = trainer.fit(job(HANGS), { signal: queued.signal })
    const third = trainer.fit(job(OK))
    queued.abort()
    await assert.rejects(second, { name: 'AbortError' })
    await assert.rejects(first, reason)
    await assert.rejects(trainer.fit(job(OK), { signal: AbortSignal.abort(reason) }), reason)
    assert.deepEqual([...(await third).weights], [OK])
  })

  it('refuses an impossible timeout', async () => {
    make({ url: MOODY })
    for (const timeoutMs of [0, -1, NaN, Infinity]) {
      await assert.rejects(
        trainer.fit(job(OK), { timeoutMs }),
        RangeError(`timeoutMs must be from 1 to 2147483647, got ${timeoutMs}`),
      )
    }
  })

  it('closes: ends what runs, what is queued, and takes no more', async () => {
    make({ url: MOODY })
    let began = (): void => {}
    const begun = new Promise<void>((resolve) => {
      began = resolve
    })
    const closed = /the trainer is closed/
    const running = assert.rejects(trainer.fit(job(HANGS), { onProgress: began }), closed)
    const queued = assert.rejects(trainer.fit(job(OK)), closed)
    await begun
    await Promise.all([trainer.close(), trainer.close()])
    await Promise.all([running, queued])
    await assert.rejects(trainer.fit(job(OK)), closed)
    await trainer.close()
  })

  it('keeps the process alive while it fits, not while it is idle', async () => {
    const client = new URL(`../../src/learn/client${extname(import.meta.url)}`, import.meta.url)
    const script = `import { createTrainer } from '${client}'
      const { weights } = await createTrainer({ url: new URL('${MOODY}') }).fit(${JSON.stringify(job(OK))})
      console.log('fitted', weights.length)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { timeout: 20_000 })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data))
    const [code] = await once(child, 'close')
    assert.deepEqual([code, output], [0, 'fitted 1\n'])
  })
})
