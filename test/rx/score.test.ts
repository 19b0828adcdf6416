import assert from 'node:assert/strict'
import { from, map, of } from 'rxjs'
import { TestScheduler } from 'rxjs/testing'
import type { Outcome } from '../../src/forecast/types.ts'
import { forecast } from '../../src/rx/forecast.ts'
import { type Scored, score } from '../../src/rx/score.ts'
import { forecastOf, skipOf } from '../forecast/outcomes.ts'

const made = (last: number, cutoff: number, key = ''): Outcome<string> => ({
  source: 'reading',
  key,
  forecast: forecastOf({ last, mean: [last], cutoff }),
})
const invalid: Outcome<string> = { source: 'reading', key: '', skipped: skipOf('invalid') }

describe('score', () => {
  it('gives one for each outcome, with all that it had, in its turn', () => {
    const scheduler = new TestScheduler((actual, expected) => assert.deepEqual(actual, expected))
    scheduler.run(({ cold, expectObservable, expectSubscriptions }) => {
      const outcomes = { a: made(1, 1000), b: made(3, 2000), c: made(4, 3000), i: invalid }
      const input = cold<Outcome<string>>('-a-b-i-(c|)', outcomes)
      const figures = input.pipe(
        score(),
        map(({ source, scores }) => `${source} ${scores.matured} ${scores.mae}`),
      )
      const values = { x: 'reading 0 null', y: 'reading 1 2', z: 'reading 2 1.5' }
      expectObservable(figures).toBe('-x-y-y-(z|)', values)
      expectObservable(figures, '----!').toBe('-x-y', values)
      expectSubscriptions(input.subscriptions).toBe(['^------!', '^---!'])
      expectObservable(
        cold<Outcome<string>>('-a-#', outcomes).pipe(
          score(),
          map(() => 'x'),
        ),
      ).toBe('-x-#')
    })
  })

  it('keeps streams apart by key', () => {
    const scored: Scored<string>[] = []
    of(made(1, 1000, 'a'), made(9, 2000, 'b'), made(3, 2000, 'a'))
      .pipe(score())
      .subscribe((one) => scored.push(one))
    assert.deepEqual(
      scored.map(({ scores: { key, mae, readings } }) => [key, mae, readings.forecast]),
      [
        ['a', null, 1],
        ['b', null, 1],
        ['a', 2, 2],
      ],
    )
  })

  it('measures what forecast itself gives', () => {
    const readings = Array.from({ length: 400 }, (_, i) => ({ value: i % 12, time: i * 1000 }))
    let last: Scored<(typeof readings)[0]> | undefined
    from(readings)
      .pipe(
        forecast({
          value: ({ value }) => value,
          time: ({ time }) => time,
          period: 1000,
          horizon: 12,
          learn: false,
        }),
        score({ season: 12 }),
      )
      .subscribe((one) => {
        last = one
      })
    const { readings: counts, skill, matured, seasonalSkill, measuredCoverage } = last!.scores
    assert.deepEqual([counts.warming, counts.forecast, matured], [63, 337, 336])
    assert.ok(skill! >= 0, `${skill}: no worse than the last value`)
    assert.ok(measuredCoverage! > 0.5)
    assert.equal(seasonalSkill, null, 'the value one season before is exact')
  })

  it('refuses impossible options when it is made', () => {
    assert.throws(() => score({ window: 0 }), RangeError)
  })
})
