import assert from 'node:assert/strict'
import { once } from 'node:events'
import { inspect } from 'node:util'
import type { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { from, map, type Observable, of, Subject, take } from 'rxjs'
import { TestScheduler } from 'rxjs/testing'
import { createForecastModel } from '../../src/forecast/model.ts'
import type { Outcome } from '../../src/forecast/types.ts'
import { forecast } from '../../src/rx/forecast.ts'

/** A model that need not be good and never learns, on a grid of one virtual frame. */
const small = { horizon: 4, segment: 2, hiddenSize: 4, learn: false, period: 1, warmUp: 2 } as const

interface Source {
  readonly key?: string
  readonly value?: unknown
  readonly time?: unknown
  readonly reset?: boolean | 'all'
}
const selectors = {
  key: ({ key = '' }: Source) => key,
  value: ({ value }: Source) => value,
  time: ({ time }: Source) => time,
  reset: ({ reset = false }: Source) => reset,
}

const collect = <T>(observable: Observable<T>): T[] => {
  const all: T[] = []
  observable.subscribe((one) => all.push(one))
  return all
}

/** An outcome as one word: the key, and the last value or the reason. */
const word = ({ key, forecast: made, skipped }: Outcome<unknown>): string =>
  `${key} ${made ? made.last : skipped.reason}`

const numbered = (count: number): Source[] =>
  Array.from({ length: count }, (_, n) => ({ value: Math.sin(n), time: n * 1000 }))

describe('forecast', () => {
  describe('in marbles', () => {
    let scheduler: TestScheduler

    beforeEach(() => {
      scheduler = new TestScheduler((actual, expected) => assert.deepEqual(actual, expected))
    })

    /** F is a forecast; w, i and e are readings skipped as warming, invalid and extra. x is no number. */
    const check = (source: string, subscription: string, expected: string, unsubscription?: string): void => {
      scheduler.run(({ cold, expectObservable, expectSubscriptions }) => {
        const values = { a: 1, b: 2, c: 3, d: 4, x: 'text' } as unknown as Record<string, number>
        const input = cold<number>(source, values)
        const letters = input.pipe(
          forecast({ ...small, scheduler }),
          map(({ forecast: made, skipped }) => (made ? 'F' : skipped.reason[0])),
        )
        expectObservable(letters, unsubscription).toBe(expected)
        expectSubscriptions(input.subscriptions).toBe(subscription)
      })
    }

    it('gives one outcome for each source, in its turn, and completes with it', () => {
      check('abcd|', '^---!', 'wFFF|')
    })

    it('keeps outcomes of the same moment in order', () => {
      check('(ab)c--|', '^------!', '(wd)F--|')
    })

    it('goes on after what is no number', () => {
      check('axbxc|', '^----!', 'wiFiF|')
    })

    it('passes the error of its source', () => {
      check('ab-#', '^--!', 'wF-#')
    })

    it('leaves its source with its subscriber', () => {
      check('abcdcba|', '^--!', 'wFF', '---!')
    })

    it('does nothing without a source to its end', () => {
      check('|', '(^!)', '|')
      check('-', '^', '-')
    })

    it('is cold: each subscription begins anew', () => {
      scheduler.run(({ cold, hot, expectObservable }) => {
        const input = hot('abcd|', { a: 1, b: 2, c: 3, d: 4 })
        const letters = input.pipe(
          forecast({ ...small, scheduler }),
          map(({ forecast: made, skipped }) => (made ? 'F' : skipped.reason[0])),
        )
        expectObservable(letters).toBe('wFFF|')
        expectObservable(
          cold('--a').pipe(take(1), () => letters),
          '--^',
        ).toBe('--wF|')
      })
    })
  })

  it('takes the time of arrival from its scheduler where a source has none', () => {
    const scheduler = { now: () => 5000, schedule: () => assert.fail() }
    const sources: Source[] = [{ value: 1, time: 1000 }, { value: 2 }, { value: 3, time: new Date(9000) }]
    const outcomes = collect(
      from(sources).pipe(forecast({ ...small, ...selectors, period: 4000, scheduler })),
    )
    assert.deepEqual(
      outcomes.map(({ forecast: made }) => made?.cutoff),
      [undefined, 5000, 9000],
    )
  })

  it('keeps streams apart by key', () => {
    const sources = ['a', 'b', 'a', '__proto__', 'b', '__proto__'].map((key, n) => ({
      key,
      value: n,
      time: n,
    }))
    const words = collect(from(sources).pipe(forecast({ ...small, ...selectors }))).map(word)
    assert.deepEqual(words, ['a warming', 'b warming', 'a 2', '__proto__ warming', 'b 4', '__proto__ 5'])
  })

  it('forgets one stream, or all, when a source asks for it', () => {
    const reading = (key: string, n: number): Source => ({ key, value: n, time: n })
    const sources = [
      reading('a', 0),
      reading('b', 0),
      reading('a', 1),
      { key: 'a', reset: true, value: 9 },
      reading('a', 2),
      reading('b', 2),
      { reset: 'all' as const },
      reading('b', 3),
      { key: 'c', reset: true },
    ]
    const outcomes = collect(from(sources).pipe(forecast({ ...small, ...selectors })))
    assert.deepEqual(outcomes.map(word), [
      'a warming',
      'b warming',
      'a 1',
      'a reset',
      'a warming',
      'b 2',
      ' reset',
      'b warming',
      'c reset',
    ])
    assert.deepEqual(
      outcomes.flatMap(({ skipped }) => (skipped?.reason === 'reset' ? skipped.message : [])),
      ['reset: 1 stream forgotten', 'reset: 2 streams forgotten', 'reset: 0 streams forgotten'],
    )
  })

  it('turns selectors that throw into invalid outcomes and goes on', () => {
    const thrown = new Error('selector broke')
    const fail = (): never => {
      throw thrown
    }
    for (const name of ['key', 'value', 'time', 'reset'] as const) {
      const broken = (source: Source): never | unknown =>
        source.key === 'bad' ? fail() : selectors[name](source)
      const options = { ...small, ...selectors, [name]: broken }
      const sources = [
        { value: 1, time: 1 },
        { key: 'bad', value: 2, time: 2 },
        { value: 3, time: 3 },
      ]
      const outcomes = collect(from(sources).pipe(forecast<Source>(options)))
      assert.deepEqual(
        outcomes.map(({ skipped }) => skipped?.reason),
        ['warming', 'invalid', undefined],
      )
      assert.equal(outcomes[1].skipped?.error, thrown)
      assert.equal(outcomes[1].skipped?.message, 'selector broke')
    }
  })

  it('takes an Error in place of a value as the reason, and counts it', () => {
    const error = new Error('payload is empty')
    const values = [1, error, 2]
    let time = 0
    const options = { ...small, value: (value: unknown) => value, time: () => time++ }
    const outcomes = collect(from(values).pipe(forecast<unknown>(options)))
    assert.equal(outcomes[1].skipped?.error, error)
    assert.equal(outcomes[2].forecast?.counts.invalid, 1)
  })

  it('refuses a key that is no text and a selector that throws no Error', () => {
    const outcomes = collect(
      of(1, 2).pipe(
        forecast<number>({
          ...small,
          key: (n) => (n === 1 ? (null as unknown as string) : ''),
          value: () => {
            throw 'text'
          },
        }),
      ),
    )
    assert.deepEqual(
      outcomes.map(({ skipped }) => skipped?.message),
      ['key must be text, got null', 'a selector threw a string'],
    )
  })

  it('answers anything, once, in order, with the state of the good readings alone', () => {
    const junk = fc.record({ value: fc.anything(), time: fc.anything() })
    const good = fc.double({ noNaN: true, min: -1e6, max: 1e6 })
    const operator = forecast<Source>({ ...small, ...selectors })
    fc.assert(
      fc.property(fc.array(fc.oneof(junk, good), { maxLength: 60 }), (mixed) => {
        let time = 0
        const sources = mixed.map((one) =>
          typeof one === 'number'
            ? { value: one, time: time++ }
            : { value: inspect(one.value), time: one.time },
        )
        const outcomes = collect(from(sources).pipe(operator))
        assert.deepEqual(
          outcomes.map(({ source }) => source),
          sources,
        )
        const clean = collect(from(sources.filter((s) => typeof s.value === 'number')).pipe(operator))
        const withoutCounts = ({ forecast: made, skipped }: Outcome<Source>): unknown =>
          made ? { ...made, counts: null } : skipped
        assert.deepEqual(
          outcomes.filter(({ source }) => typeof source.value === 'number').map(withoutCounts),
          clean.map(withoutCounts),
        )
      }),
    )
  })

  it('asks nothing of its selectors once nobody listens', () => {
    let asked = 0
    const value = (n: number): number => {
      asked++
      return n
    }
    const outcomes = collect(of(1, 2, 3, 4).pipe(forecast<number>({ ...small, value }), take(2)))
    assert.equal(outcomes.length, 2)
    assert.equal(asked, 2)
  })

  describe('with streams of the caller', () => {
    it('goes on where the last subscription left them, and leaves them open', async () => {
      const model = createForecastModel({ horizon: 2, segment: 2, hiddenSize: 4, learn: false })
      const streams = model.streams({ period: 1000, warmUp: 3 })
      const operator = forecast<Source>({ streams, ...selectors })
      const [one, two, three] = numbered(3)
      assert.deepEqual(collect(of(one, two).pipe(operator)).map(word), [' warming', ' warming'])
      assert.deepEqual(collect(of(three).pipe(operator)).map(word), [` ${three.value}`])
      assert.deepEqual(streams.keys(), [''])
      await model.close()
    })
  })

  describe('with a model of its own', () => {
    const endings: [string, (source: Subject<Source>, unsubscribe: () => void) => void][] = [
      ['unsubscribe', (_, unsubscribe) => unsubscribe()],
      ['completion', (source) => source.complete()],
      ['an error', (source) => source.error(new Error('broken sensor'))],
    ]
    for (const [name, end] of endings) {
      it(`ends its training worker on ${name}`, async () => {
        const source = new Subject<Source>()
        const started = once(process, 'worker')
        const subscription = source
          .pipe(forecast({ ...small, ...selectors, period: 1000, learn: true }))
          .subscribe({ error: () => {} })
        for (const reading of numbered(200)) source.next(reading)
        const [worker] = (await started) as [Worker]
        const exited = once(worker, 'exit')
        end(source, () => subscription.unsubscribe())
        await exited
        assert.equal(source.observed, false)
      })
    }

    it('refuses impossible options at construction', () => {
      assert.throws(() => forecast({ horizon: 0 }), { name: 'RangeError', message: /horizon .* got 0/ })
      assert.throws(() => forecast({ coverage: 90 }), { name: 'RangeError', message: /coverage .* got 90/ })
      for (const name of ['key', 'value', 'time', 'reset']) {
        assert.throws(() => forecast({ [name]: 'celsius' }), {
          name: 'TypeError',
          message: `${name} must be a function, got "celsius"`,
        })
      }
    })
  })

  it('knows its types', () => {
    interface Row {
      readonly room: string
      readonly celsius: number
    }
    const rows: Row[] = [{ room: 'kitchen', celsius: 21 }]
    const typed: Observable<Outcome<Row>> = from(rows).pipe(
      forecast({ ...small, key: ({ room }) => room, value: ({ celsius }) => celsius }),
    )
    const plain: Observable<Outcome<number>> = of(1, 2).pipe(forecast())
    assert.equal(collect(typed)[0].source.room, 'kitchen')
    assert.equal(collect(plain)[0].skipped?.reason, 'warming')
  })
})
