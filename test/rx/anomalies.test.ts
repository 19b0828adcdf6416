import assert from 'node:assert/strict'
import { from, map } from 'rxjs'
import { TestScheduler } from 'rxjs/testing'
import type { Outcome } from '../../src/forecast/types.ts'
import { type AnomaliesOptions, anomalies } from '../../src/rx/anomalies.ts'
import { forecastOf, skipOf } from '../forecast/outcomes.ts'

const outcome = (likelihood: number, flagged: boolean, key = ''): Outcome<string> => {
  const anomaly = { expected: 20, lower: 19, upper: 21, likelihood, flagged }
  return { source: 'reading', key, forecast: forecastOf({ key, last: 25, cutoff: 5000, anomaly }) }
}
const early: Outcome<string> = { source: 'reading', key: '', forecast: forecastOf() }
const invalid: Outcome<string> = { source: 'reading', key: '', skipped: skipOf('invalid') }

const count = (outcomes: readonly Outcome<string>[], options?: AnomaliesOptions): number => {
  let seen = 0
  from(outcomes)
    .pipe(anomalies(options))
    .subscribe(() => seen++)
  return seen
}

describe('anomalies', () => {
  it('passes on flagged readings and nothing else, in their turn', () => {
    const scheduler = new TestScheduler((actual, expected) => assert.deepEqual(actual, expected))
    scheduler.run(({ cold, expectObservable, expectSubscriptions }) => {
      const outcomes = { e: early, o: outcome(0.99, false), a: outcome(0.99, true), i: invalid }
      const input = cold<Outcome<string>>('-e-o-a-i-(a|)', outcomes)
      const event = {
        source: 'reading',
        key: '',
        cutoff: 5000,
        value: 25,
        expected: 20,
        lower: 19,
        upper: 21,
        likelihood: 0.99,
      }
      expectObservable(input.pipe(anomalies())).toBe('-----a---(a|)', { a: event })
      expectSubscriptions(input.subscriptions).toBe('^--------!')
      const failing = cold<Outcome<string>>('-a-#', outcomes).pipe(
        anomalies(),
        map(() => 'a'),
      )
      expectObservable(failing).toBe('-a-#')
    })
  })

  it('with a threshold goes by the likelihood, and keeps quiet for a while, each stream for itself', () => {
    const high = outcome(0.95, false)
    const all = [high, high, invalid, high, high, high]
    assert.equal(count(all, { threshold: 0.95, refractory: 2 }), 2)
    assert.equal(count(all, { threshold: 0.95, refractory: 0 }), 5)
    assert.equal(count(all, { threshold: 0.95 }), 1)
    assert.equal(count([high, outcome(0.95, false, 'b')], { threshold: 0.9 }), 2)
    assert.equal(count(all, { threshold: 0.96 }), 0)
    assert.equal(count([outcome(0.5, true)], { threshold: 0.96 }), 0)
  })

  it('remembers alarms of so many streams and no more', () => {
    const alarms = Array.from({ length: 10_001 }, (_, i) => outcome(1, false, `s${i}`))
    assert.equal(count([...alarms, alarms[10_000]], { threshold: 0.9 }), 10_001, 'the newest is remembered')
    assert.equal(count([...alarms, alarms[0]], { threshold: 0.9 }), 10_002, 'the oldest is not')
  })

  it('is cold: each subscription has its own', () => {
    const events = from([outcome(1, false)]).pipe(anomalies({ threshold: 0.9 }))
    let seen = 0
    events.subscribe(() => seen++)
    events.subscribe(() => seen++)
    assert.equal(seen, 2)
  })

  it('refuses impossible options when it is made', () => {
    const cases: [AnomaliesOptions, RegExp][] = [
      [{ threshold: 1 }, /^threshold must lie between 0 and 1, got 1$/],
      [{ threshold: Number.NaN }, /^threshold must lie between 0 and 1, got NaN$/],
      [{ refractory: -1 }, /^refractory must be a whole number from 0 to 1000000, got -1$/],
    ]
    for (const [options, message] of cases) {
      assert.throws(() => anomalies(options), { name: 'RangeError', message })
    }
  })
})
