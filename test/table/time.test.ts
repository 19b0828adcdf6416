import assert from 'node:assert/strict'
import fc from 'fast-check'
import { fromEpoch, readTime, showTime } from '../../src/table/time.ts'

const AT = Date.UTC(2026, 0, 31, 8, 5)

/** The instant of a text that has but one. */
function instant(text: string): number | undefined {
  const time = readTime(text)
  if (time) assert.equal(time.monthFirst, time.dayFirst)
  return time?.monthFirst
}

describe('times of tables', () => {
  it('reads ISO 8601 and what is like it, without a zone as UTC', () => {
    for (const text of [
      '2026-01-31T08:05:00Z',
      '2026-01-31T08:05:00',
      '2026-01-31 08:05',
      '2026-01-31 08:05:00.000',
      '2026-01-31 08:05:00 UTC',
      '2026-01-31T09:05:00+01:00',
      '2026-01-31 09:05:00+01',
      '2026-01-31T02:35:00-0530',
      '2026/1/31 8:05',
      '31.01.2026 08:05:00',
      '31.1.2026 8:05',
      ' 2026-01-31 08:05 ',
      '2026-01-31 08:05:00am',
    ]) {
      assert.equal(instant(text), AT, text)
    }
    assert.equal(instant('2026-01-31'), Date.UTC(2026, 0, 31))
    assert.equal(instant('2026-02'), Date.UTC(2026, 1, 1))
    assert.equal(instant('2026-01-31T24:00'), Date.UTC(2026, 1, 1))
    assert.equal(instant('2026-01-31T08:05:00.25Z'), AT + 250)
    assert.equal(instant('2024-02-29'), Date.UTC(2024, 1, 29))
    for (const [text, hour] of [
      ['12:05 AM', 0],
      ['12:05 PM', 12],
      ['11:05 pm', 23],
    ] as const)
      assert.equal(instant(`2026-01-31 ${text}`), Date.UTC(2026, 0, 31, hour, 5), text)
  })

  it('reads every instant as it is written', () => {
    const dates = fc.date({ min: new Date('1000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
    fc.assert(fc.property(dates, (date) => assert.equal(instant(date.toISOString()), date.getTime())))
  })

  it('reads numbers by magnitude', () => {
    for (const text of [
      '1769846700',
      '1769846700000',
      '1769846700000000',
      '1769846700000000000',
      '1769846700.0',
    ]) {
      assert.equal(instant(text), AT, text)
    }
    for (const value of [0, 99_999_999, 1e20, -1e9, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.equal(fromEpoch(value), undefined)
    }
  })

  it('reads both days that a text may mean', () => {
    assert.deepEqual(readTime('3/4/2026 0:00'), {
      monthFirst: Date.UTC(2026, 2, 4),
      dayFirst: Date.UTC(2026, 3, 3),
    })
    assert.deepEqual(readTime('1/31/2026 8:05'), { monthFirst: AT, dayFirst: Number.NaN })
    assert.deepEqual(readTime('31-1-2026 8:05'), { monthFirst: Number.NaN, dayFirst: AT })
  })

  it('takes nothing else for a time', () => {
    for (const text of [
      ...[
        '',
        'now',
        '12',
        '20',
        '2026',
        '2026-13',
        '08:05',
        '2026-02-30',
        '2026-13-01',
        '2026-01-00',
        '2023-02-29',
      ],
      ...[
        '2026-01-31 25:00',
        '2026-01-31 24:01',
        '2026-01-31 13:00 PM',
        '2026-01-31 0:00 AM',
        '2026-01-31 08:60',
        '2026-01-31 8',
        '2026-01-31 08:05+25:00',
      ],
      ...[
        '0001-01-01',
        '2026-01/31',
        '13/13/2026',
        '1/2/26',
        '2026-01-31T',
        `2026-01-31${' '.repeat(50)}`,
        '21.5',
      ],
    ]) {
      assert.equal(readTime(text), undefined, text)
    }
  })

  it('shows times as ISO 8601', () => {
    assert.equal(showTime(AT), '2026-01-31T08:05:00.000Z')
  })
})
