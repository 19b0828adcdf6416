import assert from 'node:assert/strict'
import { concat, from, lastValueFrom, NEVER, Subject, toArray } from 'rxjs'
import type { Outcome } from '../../src/forecast/types.ts'
import { forecast } from '../../src/rx/forecast.ts'
import { answeringLater } from '../forecast/answeringLater.ts'
import { opener, waves } from '../forecast/fitted.ts'
import { watched } from '../forecast/pools.ts'
import { taught } from '../forecast/taught.ts'

interface Source {
  readonly key: string
  readonly value?: unknown
  readonly time?: number
  readonly reset?: boolean | 'all'
}
const selectors = {
  key: ({ key }: Source) => key,
  value: ({ value }: Source) => value,
  time: ({ time }: Source) => time,
  reset: ({ reset = false }: Source) => reset,
}

/** Readings of three streams, with what is none and resets between them. */
const sources: Source[] = waves(40).flatMap(({ value, time }, i) => [
  { key: 'a', value, time },
  { key: 'b', value: i % 7 === 3 ? 'text' : -value, time },
  ...(i === 25 ? [{ key: 'a', reset: true }] : []),
  ...(i === 30 ? [{ key: '', reset: 'all' as const }] : []),
  { key: 'c', value: 2 * value, time },
])

describe('forecast on a device that answers later', () => {
  const open = opener()

  it('gives the outcomes of the device wasm, in the order of the sources', async () => {
    const outcomes = (later: boolean): Promise<Outcome<Source>[]> => {
      const streams = open(later ? answeringLater() : taught(), { period: 1000 })
      return lastValueFrom(from(sources).pipe(forecast({ ...selectors, streams }), toArray()))
    }
    const later = await outcomes(true)
    assert.deepEqual(
      later.map(({ source }) => source),
      sources,
    )
    assert.deepEqual(later, await outcomes(false))
  })

  it('answers all that wait before it completes', async () => {
    const pool = watched()
    const streams = open(answeringLater(pool.open), { period: 1000 })
    pool.hold(() => true)
    const heard: string[] = []
    const done = new Promise<void>((resolve) => {
      from(sources.slice(0, 30))
        .pipe(forecast({ ...selectors, streams }))
        .subscribe({
          next: ({ key }) => heard.push(key),
          complete: () => {
            heard.push('complete')
            resolve()
          },
        })
    })
    await new Promise((resolve) => setTimeout(resolve, 20))
    // The first of each stream waits for its answer, so none can be told.
    assert.deepEqual(heard, [])
    pool.release()
    await done
    assert.deepEqual(heard, [...sources.slice(0, 30).map(({ key }) => key), 'complete'])
  })

  it('tells nothing more once nobody listens', async () => {
    const model = answeringLater()
    const streams = open(model, { period: 1000 })
    const input = new Subject<Source>()
    const heard: Outcome<Source>[] = []
    const subscription = input
      .pipe(forecast({ ...selectors, streams }))
      .subscribe((outcome) => heard.push(outcome))
    for (const source of sources.slice(0, 9)) input.next(source)
    subscription.unsubscribe()
    await model.settle()
    assert.deepEqual(heard, [])
    assert.equal(streams.counts('a')?.accepted, 3, 'what was taken is taken')
  })

  it('counts what cannot be read, in its turn', async () => {
    const streams = open(answeringLater(), { period: 1000 })
    const outcomes = await lastValueFrom(
      from([
        ...sources.slice(0, 3),
        { key: 'a', value: new Error('no sensor') },
        ...sources.slice(3, 6),
      ]).pipe(forecast({ ...selectors, streams }), toArray()),
    )
    assert.equal(outcomes[3].skipped?.message, 'no sensor')
    assert.equal(streams.counts('a')?.invalid, 1)
  })

  it('has a model of its own on the device that is asked for', async () => {
    const options = {
      ...selectors,
      horizon: 4,
      segment: 2,
      hiddenSize: 4,
      learn: false,
      period: 1000,
      warmUp: 2,
    }
    for (const device of ['gpu', 'auto'] as const) {
      const outcomes = await lastValueFrom(from(sources).pipe(forecast({ ...options, device }), toArray()))
      const atOnce = await lastValueFrom(from(sources).pipe(forecast(options), toArray()))
      assert.deepEqual(outcomes, atOnce)
    }
    const readings = new Subject<Source>()
    const own = { ...options, season: 12, learn: true, device: 'gpu' } as const
    let newest: Outcome<Source> | undefined
    const learning = readings.pipe(forecast(own)).subscribe((outcome) => {
      newest = outcome
    })
    const started = performance.now()
    for (let i = 0; (newest?.forecast?.device ?? 'none') === 'none'; i++) {
      assert.ok(performance.now() - started < 30_000, 'fitted within 30 s')
      readings.next({ key: 'a', ...waves(1, i)[0] })
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    learning.unsubscribe()
    const { device, deviceReason } = newest!.forecast!
    assert.ok(device.startsWith('gpu:') || deviceReason !== 'asked for', `${device}: ${deviceReason}`)

    const heard: unknown[] = []
    const subscription = concat(from(sources.slice(0, 3)), NEVER)
      .pipe(forecast({ ...options, device: 'gpu' }))
      .subscribe((outcome) => heard.push(outcome))
    assert.deepEqual(heard, [], 'not in the turn of the source')
    await new Promise(setImmediate)
    assert.equal(heard.length, 3)
    subscription.unsubscribe()
    assert.throws(
      () => forecast({ ...options, device: 'cuda' as never }),
      /device must be one of wasm, gpu, auto/,
    )
  })
})
