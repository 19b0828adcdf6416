import assert from 'node:assert/strict'
import { createTally } from '../../src/cli/live-tally.ts'
import { forecast, skipped } from './live.ts'

describe('tally of live forecasts', () => {
  it('keeps the newest of each topic, in the order of their names', () => {
    const tally = createTally(9)
    for (const key of ['b', 'a', 'c', 'B']) tally.take(forecast(key, 1))
    tally.take(forecast('b', 2))
    assert.deepEqual(
      tally.topics().map(({ topic, outcome }) => [topic, outcome.forecast?.last]),
      [
        ['B', 1],
        ['a', 1],
        ['b', 2],
        ['c', 1],
      ],
    )
    assert.equal(tally.newest?.key, 'b')
  })

  it('keeps a forecast when a later reading comes to nothing', () => {
    const tally = createTally(9)
    tally.take(skipped('a', 'late'))
    assert.equal(tally.topics()[0].outcome.skipped?.reason, 'late')
    tally.take(forecast('a', 1))
    tally.take(skipped('a', 'late'))
    const [{ outcome, readings }] = tally.topics()
    assert.equal(outcome.forecast?.last, 1)
    assert.equal(readings, 3)
  })

  it('counts what cannot be used, and opens no line for it', () => {
    const tally = createTally(2)
    tally.take(forecast('a', 1))
    for (let i = 0; i < 100; i++) tally.take(skipped(`evil/${i}`, 'invalid', 'payload is empty'))
    assert.deepEqual([tally.readings, tally.forecasts, tally.invalid], [101, 1, 100])
    assert.deepEqual(tally.newestInvalid, { topic: 'evil/99', message: 'payload is empty' })
    assert.deepEqual(
      tally.topics().map(({ topic }) => topic),
      ['a'],
    )
  })

  it('drops the topic that was silent for longest', () => {
    const tally = createTally(2)
    for (const key of ['a', 'b', 'a', 'c']) tally.take(forecast(key, 1))
    assert.deepEqual(
      tally.topics().map(({ topic }) => topic),
      ['a', 'c'],
    )
  })

  it('marks an alarm for some readings, and counts it for good', () => {
    const tally = createTally(2)
    tally.take(forecast('a', 1))
    assert.equal(tally.topics()[0].alarming, false)
    tally.take(forecast('a', 1, true))
    assert.equal(tally.topics()[0].alarming, true)
    for (let i = 0; i < 20; i++) tally.take(forecast('a', 1))
    const [{ alarms, alarming }] = tally.topics()
    assert.deepEqual([alarms, alarming, tally.alarms], [1, false, 1])
  })
})
