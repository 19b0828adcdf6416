import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Worker } from 'node:worker_threads'
import { createTrainer, type FitOptions, type Trainer, type TrainerOptions } from '../../src/learn/client.ts'
import { createPool, type Pool } from '../../src/learn/pool.ts'
import { job, own } from './jobs.ts'
import type { MeetingJob } from './workers/meeting.ts'

const MOODY = own('moody')
const MEETING = own('meeting')
const [OK, , EXITS, HANGS, , HOARDS] = Array(6).keys()
const PATIENT = { idleMs: 60_000, cancelMs: 60_000 }

/** A place where fits meet. */
function meetingPlace(): { parties(count: number): MeetingJob; come(): void } {
  const place = new SharedArrayBuffer(4)
  return {
    parties: (count) => ({ ...job(count), place }),
    come() {
      const there = new Int32Array(place)
      Atomics.add(there, 0, 1)
      Atomics.notify(there, 0)
    },
  }
}

describe('pool of training threads', () => {
  const trainers: Trainer[] = []
  /** Threads that have been started, and how many of them are gone. */
  const started: Worker[] = []
  let gone = 0
  const open = (pool: Pool | undefined, options: TrainerOptions = { url: MEETING }): Trainer => {
    const trainer = createTrainer(options, pool)
    trainers.push(trainer)
    return trainer
  }
  const watch = (worker: Worker): void => {
    started.push(worker)
    worker.once('exit', () => gone++)
  }
  /** The thread that a fit ran on, and the how-manieth it was to come. */
  const met = async (trainer: Trainer, meeting: MeetingJob, options?: FitOptions) => {
    const [thread, came] = (await trainer.fit(meeting, options)).model.weights
    return { thread, came }
  }

  beforeEach(() => {
    started.length = 0
    gone = 0
    process.on('worker', watch)
  })
  afterEach(async () => {
    process.off('worker', watch)
    await Promise.all(trainers.splice(0).map((trainer) => trainer.close()))
  })

  it('runs two fits at the same time, of one trainer or of two', async () => {
    const pool = createPool(2, PATIENT)
    const [a, b] = [open(pool), open(pool)]
    for (const other of [a, b]) {
      const { parties } = meetingPlace()
      const both = await Promise.all([met(a, parties(2)), met(other, parties(2))])
      assert.notEqual(both[0].thread, both[1].thread)
    }
    assert.equal(started.length, 2)
  })

  it('starts no more threads than it may, however many trainers fit', async () => {
    const { parties } = meetingPlace()
    const pool = createPool(2, PATIENT)
    const fits = await Promise.all(Array.from({ length: 10 }, () => met(open(pool), parties(2))))
    assert.equal(new Set(fits.map(({ thread }) => thread)).size, 2)
    assert.equal(started.length, 2)
  })

  it('is shared by all trainers unless they are given another', async () => {
    const { parties } = meetingPlace()
    await Promise.all(Array.from({ length: 10 }, () => met(open(undefined), parties(1))))
    assert.ok(started.length <= 2, `${started.length} threads`)
  })

  it('starts a second thread only when a second fit waits', async () => {
    const { parties } = meetingPlace()
    const pool = createPool(2, PATIENT)
    for (let i = 0; i < 3; i++) await met(open(pool), parties(1))
    assert.equal(started.length, 1)
  })

  it('begins fits in the order in which they came, whoever they are of', async () => {
    const { parties } = meetingPlace()
    const pool = createPool(1, PATIENT)
    const [a, b, c] = [open(pool), open(pool), open(pool)]
    const fits = await Promise.all([a, a, b, a, c, b].map((trainer) => met(trainer, parties(1))))
    assert.deepEqual(
      fits.map(({ came }) => came),
      [1, 2, 3, 4, 5, 6],
    )
  })

  it('lets others go first while a trainer has as many fits running as it may', async () => {
    const { parties } = meetingPlace()
    const pool = createPool(2, PATIENT)
    const [a, b] = [open(pool, { url: MEETING, threads: 1 }), open(pool)]
    const [, second] = await Promise.all([met(a, parties(2)), met(a, parties(2)), met(b, parties(2))])
    assert.equal(second.came, 3)
  })

  it('serves trainers with other programs, one after another where there is one place', async () => {
    const { parties } = meetingPlace()
    const pool = createPool(1, PATIENT)
    const [a, b] = [open(pool), open(pool, { url: MOODY })]
    const fits = [a.fit(parties(1)), b.fit(job(OK)), a.fit(parties(1))]
    assert.deepEqual(
      (await Promise.all(fits)).map(({ model }) => model.weights.at(-1)),
      [1, OK, 2],
    )
    assert.deepEqual([started.length, gone], [3, 2])
  })

  const failures: [string, number, RegExp][] = [
    ['exits', EXITS, /exited with code 3/],
    ['runs out of memory', HOARDS, /memory/],
    ['hangs', HANGS, /the fit was ended after 300 ms/],
  ]
  for (const [what, seed, error] of failures) {
    it(`goes on with one fit while the thread of another ${what}`, async () => {
      const { parties, come } = meetingPlace()
      const pool = createPool(2, PATIENT)
      const [steady, moody] = [open(pool), open(pool, { url: MOODY, maxMemoryMb: 32 })]
      const meeting = met(steady, parties(2))
      await assert.rejects(moody.fit(job(seed), seed === HANGS ? { timeoutMs: 300 } : {}), error)
      const next = await moody.fit(job(OK))
      assert.deepEqual([...next.model.weights], [OK])
      come()
      assert.equal((await meeting).came, 1)
    })
  }

  it('keeps the thread of a fit that ends when it is cancelled, and ends one that does not', async () => {
    const pool = createPool(1, { idleMs: 60_000, cancelMs: 50 })
    const trainer = open(pool, { url: MOODY })
    for (const [seed, threads] of [
      [4, 1],
      [HANGS, 2],
    ]) {
      const controller = new AbortController()
      const reason = new Error('no longer wanted')
      const first = trainer.fit(job(seed), {
        signal: controller.signal,
        onProgress: () => controller.abort(reason),
      })
      await assert.rejects(first, reason)
      assert.deepEqual([...(await trainer.fit(job(OK))).model.weights], [OK])
      assert.equal(started.length, threads)
    }
  })

  it('does not count a cancelled fit as ended before it is', async () => {
    const { parties, come } = meetingPlace()
    const pool = createPool(1, PATIENT)
    const trainer = open(pool)
    const controller = new AbortController()
    const first = met(trainer, parties(2), {
      signal: controller.signal,
      onProgress: () => controller.abort(),
    })
    const second = met(trainer, parties(1))
    await assert.rejects(first, { name: 'AbortError' })
    come()
    assert.deepEqual(await second, { thread: started[0].threadId, came: 3 })
    assert.equal(started.length, 1)
  })

  it('ends a thread that has been idle for long, and starts another for the next fit', async () => {
    const { parties } = meetingPlace()
    const trainer = open(createPool(1, { idleMs: 1, cancelMs: 60_000 }))
    const first = met(trainer, parties(1))
    const [worker] = await once(process, 'worker')
    await once(worker, 'exit')
    assert.equal((await first).came, 1)
    assert.equal((await met(trainer, parties(1))).came, 2)
    assert.equal(started.length, 2)
  })

  it('closes one trainer without harm to the others, and ends all threads with the last', async () => {
    const { parties, come } = meetingPlace()
    const pool = createPool(2, PATIENT)
    const [a, b, c] = [open(pool), open(pool), open(pool)]
    let begin = (): void => {}
    const begun = new Promise<void>((resolve) => {
      begin = resolve
    })
    const staying = met(a, parties(4))
    const ending = assert.rejects(met(b, parties(4), { onProgress: () => begin() }), /the trainer is closed/)
    const queued = assert.rejects(met(b, parties(4)), /the trainer is closed/)
    const waiting = met(c, parties(4))
    await begun
    await b.close()
    assert.equal(gone, 1)
    await Promise.all([ending, queued])
    come()
    const threads = [(await staying).thread, (await waiting).thread]
    assert.notEqual(threads[0], threads[1])
    await a.close()
    assert.equal(gone, 1)
    await c.close()
    assert.deepEqual([started.length, gone], [3, 3])
  })
})
