import assert from 'node:assert/strict'
import fc from 'fast-check'
import { from, map, type Observable, of, take } from 'rxjs'
import { TestScheduler } from 'rxjs/testing'
import { initialise } from '../../src/engine/initialise.ts'
import { reference } from '../../src/engine/reference.ts'
import { gruSpec } from '../../src/engine/spec.ts'
import type { Preprocessing } from '../../src/formats/types.ts'
import { type GruStepOutcome, gruStep } from '../../src/rx/gruStep.ts'
import { close, collect, expected, model, type Source, selectors } from './steps.ts'

describe('gruStep', () => {
  describe('in marbles', () => {
    /** s is a step, i an input that cannot be used. */
    const check = (source: string, subscription: string, marbles: string, unsubscription?: string): void => {
      new TestScheduler((actual, wanted) => assert.deepEqual(actual, wanted)).run((helpers) => {
        const { cold, expectObservable, expectSubscriptions } = helpers
        const input = cold<number[]>(source, { a: [1, 2], x: [1] })
        const letters = input.pipe(
          gruStep({ model, input: (x) => x }),
          map(({ skipped }) => skipped?.reason[0] ?? 's'),
        )
        expectObservable(letters, unsubscription).toBe(marbles)
        expectSubscriptions(input.subscriptions).toBe(subscription)
      })
    }

    it('gives one outcome for each source, in its turn, and completes with it', () => {
      check('a-(ax)a|', '^------!', 's-(si)s|')
    })

    it('passes the error of its source', () => {
      check('ax-#', '^--!', 'si-#')
    })

    it('leaves its source with its subscriber', () => {
      check('aaaaaa', '^--!', 'sss', '---!')
    })
  })

  it('steps each stream on its own state, as a sequence would', () => {
    const number = fc.double({ noNaN: true, min: -5, max: 5 })
    const source = fc.oneof(
      {
        weight: 20,
        arbitrary: fc.record({ key: fc.constantFrom('a', 'b', '__proto__'), x: fc.tuple(number, number) }),
      },
      { weight: 2, arbitrary: fc.record({ key: fc.constantFrom('a', 'b'), reset: fc.constant(true) }) },
      { weight: 1, arbitrary: fc.record({ reset: fc.constant('all' as const) }) },
      {
        weight: 2,
        arbitrary: fc.record({ key: fc.constantFrom('a', 'b'), x: fc.constant([Number.NaN, 1]) }),
      },
    )
    fc.assert(
      fc.property(fc.array(source, { maxLength: 40 }), (sources: Source[]) => {
        const outcomes = collect(from(sources).pipe(gruStep({ model, ...selectors })))
        const histories = new Map<string, ArrayLike<number>[]>()
        sources.forEach(({ key = '', x, reset }, n) => {
          const { output, skipped } = outcomes[n]
          assert.equal(outcomes[n].source, sources[n])
          if (reset === 'all') histories.clear()
          else if (reset) histories.delete(key)
          if (reset || !x || Number.isNaN(x[0])) {
            assert.equal(skipped?.reason, reset ? 'reset' : 'invalid')
            return
          }
          const history = [...(histories.get(key) ?? []), x]
          histories.set(key, history)
          close(output, expected(model, history).at(-1)!)
        })
      }),
      { numRuns: 50 },
    )
  })

  it('is cold: each subscription begins anew', () => {
    const outcomes = of([1, 2], [3, 4]).pipe(gruStep({ model, input: (x) => x }))
    assert.deepEqual(collect(outcomes), collect(outcomes))
  })

  it('gives arrays that later steps leave alone', () => {
    const [first, second] = collect(
      of([1, 2], [3, 4]).pipe(gruStep({ model, input: (x) => x, hidden: true })),
    )
    const [y1, y2] = expected(model, [
      [1, 2],
      [3, 4],
    ])
    close(first.output, y1)
    close(second.output, y2)
    assert.equal(first.hidden?.length, 8)
    assert.notDeepEqual(first.hidden, second.hidden)
  })

  it('begins each stream with h0, and goes on from a state it gave', () => {
    const whole = collect(of([1, 2], [3, 4]).pipe(gruStep({ model, input: (x) => x, hidden: true })))
    const rest = of([3, 4]).pipe(gruStep({ model, input: (x) => x, hidden: true, h0: whole[0].hidden }))
    const [outcome] = collect(rest)
    assert.deepEqual(outcome.output, whole[1].output)
    assert.deepEqual(outcome.hidden, whole[1].hidden)
  })

  it('gives the top state where the model has no projection', () => {
    const bare = initialise(gruSpec({ inputSize: 2, hiddenSize: 4 }))
    const [{ output, hidden }] = collect(
      of([1, 2]).pipe(gruStep({ model: bare, input: (x) => x, hidden: true })),
    )
    assert.deepEqual(output, hidden)
    close(output, expected(bare, [[1, 2]])[0])
  })

  it('runs on the backend it is given', () => {
    const step = (backend?: typeof reference): Float32Array | undefined =>
      collect(of([1, 2]).pipe(gruStep({ model, input: (x) => x, backend })))[0].output
    close(step(reference), step()!)
  })

  it('keeps the streams last used and begins the others anew', () => {
    const x = [1, 2]
    const [once, twice] = expected(model, [x, x])
    const sources = ['a', 'b', 'a', 'c', 'b', 'c'].map((key) => ({ key, x }))
    const outcomes = collect(from(sources).pipe(gruStep({ model, ...selectors, maxStreams: 2 })))
    const wanted = [once, once, twice, once, once, twice]
    outcomes.forEach(({ output }, n) => {
      close(output, wanted[n])
    })
  })

  it('refuses inputs that are not all numbers, naming them, and changes no state', () => {
    const bad: [unknown, RegExp][] = [
      [[1], /input must hold 2 numbers, got 1/],
      [null, /input must hold 2 numbers, got null/],
      [7, /input must hold 2 numbers, got 7/],
      ['12', /input must hold 2 numbers, got "12"/],
      [[1, null], /got null at index 1/],
      [[1, true], /got true at index 1/],
      [[[1, 2], [3]], /input\[1\] must hold 2 numbers, got 1/],
      [[[1, 2], 3], /input\[1\] must hold 2 numbers, got 3/],
      [[null, [1, 2]], /got null at index 0/],
      [[], /input must hold 2 numbers, got 0/],
      [
        [
          [1, 2],
          [1, Number.POSITIVE_INFINITY],
        ],
        /input\[1\] must hold finite numbers, got Infinity at index 1/,
      ],
      [Array.from({ length: 10_001 }, () => [1, 2]), /input must hold at most 10000 steps, got 10001/],
      [[Number.NaN, 1], /got NaN at index 0/],
      [[1, 1e300], /got 1e\+300 at index 1/],
    ]
    const sources = [[1, 2], ...bad.map(([x]) => x), [1, 2]] as number[][]
    const outcomes = collect(from(sources).pipe(gruStep({ model, input: (x) => x })))
    bad.forEach(([, reason], n) => {
      assert.equal(outcomes[n + 1].skipped?.reason, 'invalid')
      assert.match(outcomes[n + 1].skipped!.message, reason)
    })
    close(
      outcomes.at(-1)?.output,
      expected(model, [
        [1, 2],
        [1, 2],
      ])[1],
    )
  })

  it('asks nothing of its selectors once nobody listens', () => {
    let asked = 0
    const input = (x: number[]): number[] => {
      asked++
      return x
    }
    collect(of([1, 2], [1, 2], [1, 2]).pipe(gruStep({ model, input }), take(1)))
    assert.equal(asked, 1)
  })

  it('refuses at construction what cannot be used', () => {
    const input = (x: number[]): number[] => x
    assert.throws(() => gruStep({ model, input, h0: [1] }), /h0 must hold 8 numbers, got 1/)
    const text = 'abcdefgh' as unknown as number[]
    assert.throws(() => gruStep({ model, input, h0: text }), /h0 must hold 8 numbers, got "abcdefgh"/)
    assert.throws(() => gruStep({ model, input, maxStreams: 0 }), /maxStreams .* got 0/)
    const scalings: [Preprocessing, RegExp][] = [
      [{ inputs: [{}] }, /preprocessing.inputs must hold 2 entries, got 1/],
      [{ outputs: [{}] }, /preprocessing.outputs must hold 3 entries, got 1/],
      [{ inputs: [{}, { std: 0 }] }, /preprocessing.inputs must have positive std, got 0/],
      [{ inputs: [{}, { mean: Number.NaN }] }, /preprocessing.inputs must have finite means, got NaN/],
    ]
    for (const [preprocessing, message] of scalings) {
      assert.throws(() => gruStep({ model, input, preprocessing }), { name: 'RangeError', message })
    }
    for (const name of ['input', 'key', 'reset', 'state', 'onEvict']) {
      assert.throws(() => gruStep({ model, input, [name]: 'x' }), {
        name: 'TypeError',
        message: `${name} must be a function, got "x"`,
      })
    }
  })

  it('knows its types', () => {
    const outcomes: Observable<GruStepOutcome<Source>> = of({ x: [1, 2] }).pipe(
      gruStep({ model, ...selectors }),
    )
    const [outcome] = collect(outcomes)
    assert.ok(outcome.skipped === undefined && outcome.output.length === 3)
  })
})
