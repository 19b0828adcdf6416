import assert from 'node:assert/strict'
import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { createRandom } from '../../src/engine/random.ts'
import { createForecastModel } from '../../src/forecast/model.ts'
import type { Forecast, PushResult, Streams, StreamsOptions } from '../../src/forecast/types.ts'
import { type Asked, answeringLater, forgot, readings, takeAll } from './answeringLater.ts'
import { opener, run, T0, TAUGHT, waves } from './fitted.ts'
import { watched } from './pools.ts'
import { taught } from './taught.ts'

/** Readings of several streams with gaps, bursts, clocks set back and values that are none, and resets in between. */
function wild(count: number, keys: number, seed: number): Asked[] {
  const random = createRandom(seed)
  const drawn = (from: number, to: number): number => random.uniform(from, to)
  let time = T0
  return Array.from({ length: count }, (_, i) => {
    const key = `k${Math.floor(drawn(0, keys))}`
    const what = drawn(0, 1)
    if (what < 0.01) return { key, reset: true }
    if (what < 0.85) time += 1000
    else if (what < 0.92) time += 1000 * Math.floor(drawn(0, 8))
    else if (what < 0.94) time -= 3000
    else if (what < 0.95) time += 1e6 * drawn(0, 3)
    else time += 900
    return { key, value: what > 0.98 ? Number.NaN : 20 + 3 * Math.sin(i / 2) + random.normal(), time }
  })
}

const pushAll = (streams: Streams, asked: readonly Asked[]): PushResult[] =>
  asked.map((one) => ('reset' in one ? forgot(streams, one.key) : streams.push(one.key, one.value, one.time)))

const messages = (results: readonly PushResult[]): unknown[] =>
  results.map(({ forecast, skipped }) => forecast ?? [skipped?.reason, skipped?.message, skipped?.progress])

describe('streams that answer later', () => {
  const open = opener()
  it('give what the device wasm gives at once, bit for bit, for any readings, resets and evictions', async () => {
    const anything = fc.record({
      count: fc.integer({ min: 1, max: 400 }),
      keys: fc.integer({ min: 1, max: 6 }),
      seed: fc.nat(1e6),
      period: fc.constantFrom(undefined, 1000),
      parts: fc.integer({ min: 1, max: 4 }),
    })
    await fc.assert(
      fc.asyncProperty(anything, async ({ count, keys, seed, period, parts }) => {
        const evicted: string[][] = [[], []]
        const options = (i: number): StreamsOptions => ({
          period,
          maxStreams: 4,
          onEvict: (key) => evicted[i].push(key),
        })
        const asked = wild(count, keys, seed)
        const atOnce = open(taught(), options(0))
        const model = answeringLater()
        const streams = open(model, options(1))
        const results: PushResult[] = []
        // So many at a time that no more than 4 streams leave for others, which is as many as may.
        const together = keys > 4 ? 4 : Math.ceil(count / parts)
        for (let from = 0, to = 0; from < count; from = to) {
          for (let resets = 0; to < Math.min(from + together, count) && resets < 4; to++) {
            if ('reset' in asked[to]) resets++
          }
          results.push(...(await takeAll(streams, asked.slice(from, to))))
          await model.settle()
        }
        assert.deepEqual(messages(results), messages(pushAll(atOnce, asked)))
        assert.deepEqual(evicted[1], evicted[0])
        await model.settle()
        assert.deepEqual(streams.snapshot(), atOnce.snapshot())
        assert.deepEqual(streams.keys(), atOnce.keys())
        assert.equal(streams.invalid, atOnce.invalid)
      }),
      { numRuns: 30 },
    )
  })

  it('are stepped together: what comes in one turn is one batch', async () => {
    const model = answeringLater()
    const streams = open(model, { period: 1000 })
    assert.deepEqual(model.load, { batch: 0, microseconds: 0 })
    const keys = Array.from({ length: 40 }, (_, i) => `k${i}`)
    for (const { value, time } of waves(10)) {
      await Promise.all(keys.map((key) => streams.take(key, value, time)))
      await nextTurn()
    }
    const { batch, microseconds } = model.load
    assert.ok(batch > 30 && batch < 40.5, `${batch} readings at a time`)
    assert.ok(microseconds > 0)
  })

  it('are refused while those kept and those that still answer are twice as many as may be', async () => {
    const pool = watched()
    const model = answeringLater(pool.open)
    const streams = open(model, { period: 1000, maxStreams: 3 })
    pool.hold(() => true)
    const asked = Array.from({ length: 20 }, (_, i) => ({ key: `k${i}`, value: i, time: T0 }))
    const results = takeAll(streams, asked)
    assert.equal(streams.size, 3)
    const known = streams.take('k5', 1, T0 + 1000)
    pool.release()
    assert.deepEqual(
      (await results).map(({ skipped }) => skipped?.reason),
      asked.map((_, i) => (i < 6 ? 'warming' : 'overloaded')),
    )
    assert.equal((await known).skipped?.reason, 'warming', 'streams that are kept go on')
    const refused = (await results)[6].skipped
    assert.equal(refused?.message, '6 streams are kept or still answer, twice as many as maxStreams')
    assert.equal(refused.error?.message, refused.message)
    const lanes = new Set(pool.stepped.map((lane) => Math.floor(lane / 4)))
    assert.equal(lanes.size, 6, 'and had no lanes')
    assert.equal((await streams.take('k7', 1, T0)).skipped?.reason, 'warming', 'there is room again')
  })

  it('keep the order of each stream, and one that waits holds up no other', async () => {
    const pool = watched()
    const streams = open(answeringLater(pool.open), { period: 1000 })
    const order: string[] = []
    const take = async (key: string, from: number, to: number): Promise<void> => {
      await Promise.all(
        waves(to - from, from).map(async ({ value, time }) => {
          const { forecast } = await streams.take(key, value, time)
          assert.ok(!forecast || forecast.cutoff === time)
          order.push(key)
        }),
      )
    }
    await Promise.all([take('slow', 0, 10), take('fast', 0, 10)])
    order.length = 0
    // The first stream has the lanes 0 to 3.
    pool.hold((lane) => lane < 4)
    const slow = take('slow', 10, 20)
    await take('fast', 10, 20)
    assert.deepEqual(order, new Array(10).fill('fast'))
    pool.release()
    await slow
    assert.deepEqual(order.slice(10), new Array(10).fill('slow'))
  })

  it('refuse to be pushed to, and take nothing of it', () => {
    const streams = open(answeringLater())
    assert.equal(streams.synchronous, false)
    const { skipped } = streams.push('a', 1, T0)
    assert.equal(skipped?.reason, 'invalid')
    assert.match(skipped.message, /given to take, not to push$/)
    assert.deepEqual(streams.keys(), [])
  })

  it('take readings on the device wasm too, as when they are pushed', async () => {
    const streams = open(taught())
    assert.equal(streams.synchronous, true)
    const asked = wild(100, 3, 1)
    assert.deepEqual(messages(await takeAll(streams, asked)), messages(pushAll(open(taught()), asked)))
  })

  it('say what runs the GRU, and why', async () => {
    const reasons = async (streams: Streams): Promise<Forecast> =>
      (await takeAll(streams, readings('a', 20))).at(-1)!.forecast!
    for (const model of [taught(), answeringLater()]) {
      const { device, deviceReason } = await reasons(open(model))
      assert.match(device, /^cpu:wasm/)
      assert.equal(deviceReason, 'asked for')
      assert.deepEqual([model.device, model.deviceReason], [device, deviceReason])
    }
    const untrained = createForecastModel({ ...TAUGHT, device: 'gpu' })
    const { device, deviceReason } = await reasons(open(untrained))
    assert.deepEqual([device, deviceReason], ['none', 'the GRU has not been fitted yet'])
    assert.deepEqual(untrained.load, { batch: 0, microseconds: 0 })
  })

  it('measure what a reading takes on the device wasm', () => {
    const model = taught()
    const streams = open(model, { period: 1000 })
    run(streams, waves(50))
    assert.deepEqual(model.load, { batch: 0, microseconds: 0 })
    run(streams, waves(100, 50))
    assert.equal(model.load.batch, 1)
    assert.ok(model.load.microseconds > 0)
  })

  it('refuse a device that is none', () => {
    assert.throws(
      () => createForecastModel({ device: 'tpu' as never }),
      /^RangeError: device must be one of wasm, gpu, auto, got /,
    )
  })
})
