import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { extname } from 'node:path'
import { createTrainer, type Trainer, type TrainerOptions } from '../../src/learn/client.ts'
import type { FitJob, FitProgress, SegmentModel } from '../../src/learn/segment/types.ts'
import { job, own, resultOf, waves } from './jobs.ts'

const MOODY = own('moody')
const [OK, THROWS, EXITS, HANGS, WAITS, HOARDS, BARE, LATER, GROWS, ALLOCATES] = Array(10).keys()
const CLOSED = /the trainer is closed/

describe('trainer', () => {
  let trainer: Trainer
  const make = (options: TrainerOptions): Trainer => {
    trainer = createTrainer(options)
    return trainer
  }
  const weightsOf = async (fitted: Promise<{ model: SegmentModel }>): Promise<number[]> => [
    ...(await fitted).model.weights,
  ]
  afterEach(() => trainer?.close())

  it('fits a real model in the worker and reports progress', async () => {
    const seen: FitProgress[] = []
    const { model, epochs, updates } = await make({}).fit(waves(400), { onProgress: (p) => seen.push(p) })
    assert.ok(model.weights.length > 0 && model.weights.every(Number.isFinite))
    assert.equal(model.channels[0].season, 24)
    assert.ok(epochs > 0 && epochs <= 2 && updates > 0 && updates <= 20)
    assert.ok(seen.length > 0 && seen.every((p) => p.epochs === 2))
  })

  it('ends a real fit when it is cancelled, and goes on with the next', async () => {
    const controller = new AbortController()
    const long = make({ threads: 1 }).fit(
      waves(400, { schedule: { epochs: 1_000_000, updates: 1_000_000, maxSeconds: 1e6 } }),
      { signal: controller.signal, onProgress: () => controller.abort() },
    )
    const next = trainer.fit(waves(400))
    await assert.rejects(long, { name: 'AbortError' })
    assert.ok((await weightsOf(next)).length > 0)
  })

  it('copies the job at the call, and no more of a buffer than is shown', async () => {
    const whole = new Float64Array(1000).fill(5)
    const values = whole.subarray(10, 20)
    const series = [{ key: 'a', values, observed: new Uint8Array(10), trainEnd: null }]
    const { model: start } = resultOf(Float32Array.of(1, 2))
    const running = make({ url: own('echo') }).fit(Object.freeze(job(0, { series, start })))
    whole.fill(-1)
    start.weights.fill(-1)
    const result = await running
    assert.equal(result.validationLoss, 5)
    assert.deepEqual([...result.model.weights], [1, 2])
    assert.deepEqual([...result.tailSkills], [80])
  })

  it('runs the fits of one thread one after another, each with its own progress', async () => {
    const order: string[] = []
    make({ url: own('echo'), threads: 1 })
    const queue = (name: string, epochs: number) =>
      trainer
        .fit(waves(1, { schedule: { epochs, updates: null, maxSeconds: 1 } }), {
          onProgress: ({ update }) => order.push(`${name}${update}`),
        })
        .then(() => order.push(name))
    await Promise.all([queue('a', 2), queue('b', 0), queue('c', 1)])
    assert.deepEqual(order, ['a1', 'a2', 'a', 'b', 'c1', 'c'])
  })

  const failures: [string, number, RegExp | object][] = [
    ['throws', THROWS, { name: 'RangeError', message: 'no series is long enough' }],
    ['throws what is no error', BARE, { message: 'a bare word' }],
    ['exits', EXITS, /the training worker exited with code 3/],
    ['runs out of memory', HOARDS, /the training worker failed: .*memory/],
    [
      'cannot grow its WebAssembly memory',
      GROWS,
      { name: 'RangeError', message: /WebAssembly\.Memory\.grow/ },
    ],
    [
      'cannot allocate an array',
      ALLOCATES,
      { name: 'RangeError', message: /Array buffer allocation failed/ },
    ],
    ['hangs', HANGS, /the fit was ended after 300 ms/],
  ]
  for (const [what, seed, error] of failures) {
    it(`fails the fit whose worker ${what}, and only that`, async () => {
      make({ url: MOODY, maxMemoryMb: 32, threads: 1 })
      const first = trainer.fit(job(seed), seed === HANGS ? { timeoutMs: 300 } : {})
      const second = trainer.fit(job(OK))
      await assert.rejects(first, error)
      assert.deepEqual(await weightsOf(second), [OK])
    })
  }

  it('survives a worker that dies between fits', async () => {
    make({ url: MOODY, threads: 1 })
    await trainer.fit(job(LATER))
    // The worker's end may still be on its way: it then takes the fit with it, but not the one after.
    await trainer.fit(job(OK)).catch(() => {})
    assert.deepEqual(await weightsOf(trainer.fit(job(OK))), [OK])
  })

  it('fails when there is no such worker, and when none can be', async () => {
    await assert.rejects(make({ url: own('missing') }).fit(job(OK)), /the training worker failed: .*missing/)
    const nowhere = createTrainer({ url: new URL('http://localhost/worker.js') })
    await assert.rejects(nowhere.fit(job(OK)), { code: 'ERR_INVALID_URL_SCHEME' })
    await nowhere.close()
  })

  it('fails the job that cannot be copied, or is none, and only that', async () => {
    make({ url: own('echo') })
    const broken = { ...waves(1), horizon: () => 2 } as unknown as FitJob
    await assert.rejects(trainer.fit(broken), /could not be cloned/)
    await assert.rejects(trainer.fit({} as FitJob), { name: 'TypeError' })
    assert.equal((await trainer.fit(waves(1))).validationLoss, 20)
  })

  it('cancels the running fit, a queued one, and one that has not begun', async () => {
    make({ url: MOODY, threads: 1 })
    const [running, queued] = [new AbortController(), new AbortController()]
    const reason = new Error('no longer wanted')
    const first = trainer.fit(job(WAITS), { signal: running.signal, onProgress: () => running.abort(reason) })
    const second = trainer.fit(job(HANGS), { signal: queued.signal })
    const third = trainer.fit(job(OK))
    queued.abort()
    await assert.rejects(second, { name: 'AbortError' })
    await assert.rejects(first, reason)
    await assert.rejects(trainer.fit(job(OK), { signal: AbortSignal.abort(reason) }), reason)
    assert.deepEqual(await weightsOf(third), [OK])
  })

  it('ends the fit whose progress callback throws, and only that', async () => {
    make({ url: MOODY, threads: 1 })
    const error = new Error('no status line')
    const first = trainer.fit(job(WAITS), {
      onProgress: () => {
        throw error
      },
    })
    const second = trainer.fit(job(OK))
    await assert.rejects(first, error)
    assert.deepEqual(await weightsOf(second), [OK])
  })

  it('refuses an impossible timeout or number of threads', async () => {
    make({ url: MOODY })
    for (const timeoutMs of [0, -1, NaN, Infinity]) {
      await assert.rejects(
        trainer.fit(job(OK), { timeoutMs }),
        RangeError(`timeoutMs must be from 1 to 2147483647, got ${timeoutMs}`),
      )
    }
    for (const threads of [0, 1.5, NaN, Infinity]) {
      assert.throws(
        () => createTrainer({ threads }),
        RangeError(`threads must be a whole number ≥ 1, got ${threads}`),
      )
    }
  })

  it('closes: ends what runs, what is queued, and takes no more', async () => {
    make({ url: MOODY, threads: 1 })
    let began = (): void => {}
    const begun = new Promise<void>((resolve) => {
      began = resolve
    })
    const running = assert.rejects(trainer.fit(job(HANGS), { onProgress: began }), CLOSED)
    const queued = assert.rejects(trainer.fit(job(OK)), CLOSED)
    await begun
    await Promise.all([trainer.close(), trainer.close()])
    await Promise.all([running, queued])
    await assert.rejects(trainer.fit(job(OK)), CLOSED)
    await trainer.close()
  })

  it('keeps the process alive while it fits, not while it is idle', async () => {
    const client = new URL(`../../src/learn/client${extname(import.meta.url)}`, import.meta.url)
    const script = `import { createTrainer } from '${client}'
      const open = () => createTrainer({ url: new URL('${MOODY}') }).fit(${JSON.stringify(job(OK))})
      const fitted = await Promise.all([open(), open(), open()])
      console.log('fitted', ...fitted.map(({ model }) => model.weights.length))`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { timeout: 20_000 })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data))
    const [code] = await once(child, 'close')
    assert.deepEqual([code, output], [0, 'fitted 1 1 1\n'])
  })
})
