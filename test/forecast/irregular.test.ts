import assert from 'node:assert/strict'
import type { Forecast } from '../../src/forecast/types.ts'
import { blank, fitted, opener, run, shareOf, T0, waves } from './fitted.ts'
import { taught } from './taught.ts'

describe('streams of irregular readings', () => {
  const open = opener()

  it('count duplicates, second and late readings and gaps, and forecast on as if clean', () => {
    const clean = waves(80)
    const dirty = clean.flatMap((reading, i) => {
      if (i === 30) return [reading, reading]
      if (i === 40) return [reading, { value: 1e6, time: reading.time + 200 }]
      if (i === 50) return [reading, { value: -1e6, time: reading.time - 4000 }]
      return [reading]
    })
    const streams = open(fitted(), { period: 1000 })
    const forecasts = run(streams, dirty).filter((forecast) => forecast !== undefined)
    const expected = run(open(fitted(), { period: 1000 }), clean).filter((forecast) => forecast !== undefined)
    const plain = (list: Forecast[]): object[] => list.map((forecast) => ({ ...forecast, counts: null }))
    assert.deepEqual(plain(forecasts), plain(expected))
    const { duplicate, extra, late } = streams.counts('a')!
    assert.deepEqual({ duplicate, extra, late }, { duplicate: 1, extra: 1, late: 1 })
  })

  it('fill short gaps and begin anew after long ones, without a second warm-up', () => {
    const streams = open(fitted())
    const readings = waves(60)
    run(streams, readings.slice(0, 30))
    run(streams, readings.slice(34, 40))
    assert.equal(streams.counts('a')?.filled, 4)
    const later = readings.slice(40).map(({ value, time }) => ({ value, time: time + 86_400_000 }))
    const [first, ...others] = run(streams, later)
    assert.equal(first, undefined, 'it has to be confirmed')
    assert.ok(others.every((forecast) => forecast !== undefined))
    const { restarts, ahead, accepted } = streams.counts('a')!
    assert.deepEqual({ restarts, ahead, accepted }, { restarts: 1, ahead: 0, accepted: 56 })
  })

  it('lose nothing to a timestamp of the future', () => {
    const clean = waves(80)
    const streams = open(fitted())
    const expected = run(open(fitted()), clean)
    const forecasts = clean.map(({ value, time }, i) => {
      if (i % 10 === 9) {
        const { skipped } = streams.push('a', value, Date.UTC(2099, 0, i))
        assert.match(skipped?.message ?? '', /^reading of 2099.* ahead: the next one has to confirm it$/)
      }
      return streams.push('a', value, time).forecast
    })
    const plain = (list: (Forecast | undefined)[]): unknown[] =>
      list.map((one) => one && { ...one, counts: null })
    assert.deepEqual(plain(forecasts), plain(expected))
    assert.equal(streams.counts('a')?.ahead, 8)
  })

  it('find the period anew when it was wrong: bursts at the start, a sensor that slows down', () => {
    for (const [first, then] of [
      [1, 1000],
      [1000, 60_000],
    ]) {
      const streams = open(blank())
      const times = Array.from(
        { length: 100 },
        (_, i) => T0 + Math.min(i, 8) * first + Math.max(0, i - 8) * then,
      )
      const forecasts = run(
        streams,
        times.map((time, i) => ({ value: i, time })),
      )
      assert.equal(forecasts.at(-1)?.period, then)
      assert.ok(forecasts.slice(-60).every((forecast) => forecast !== undefined))
    }
  })

  it('recover from a first reading of the far future', () => {
    const streams = open(blank())
    run(streams, [{ value: 1, time: 4e12 }])
    const forecasts = run(streams, waves(60))
    assert.ok(forecasts.slice(-30).every((forecast) => forecast?.period === 1000))
  })

  it('take readings out of order while the period is not known yet', () => {
    const readings = waves(30)
    const streams = open(blank())
    const [a, b, c] = readings
    const forecasts = run(streams, [c, a, b, ...readings.slice(3)])
    assert.deepEqual(forecasts.at(-1), run(open(blank()), readings).at(-1))
  })

  it('say so instead of inventing an interval when readings are too far apart for the period given', () => {
    const messages = (gap: number): string | undefined => {
      const streams = open(blank(), { period: 1000 })
      let last: string | undefined
      for (let i = 0; i < 30; i++) last = streams.push('a', i, T0 + i * gap).skipped?.message
      return last
    }
    assert.match(
      messages(8000) ?? '',
      /^no forecast has met its truth: readings are more than 6 steps of 1000 ms apart/,
    )
    assert.match(messages(60_000) ?? '', /steps of 1000 ms ahead: the next one has to confirm it$/)
  })

  it('hold the readings of a steady counter in their interval', () => {
    for (const stride of [0.1, 0.3, 0.7, 5.7]) {
      const streams = open(blank())
      const last = run(
        streams,
        waves(600).map(({ time }, i) => ({ time, value: i * stride })),
      ).at(-1)
      assert.ok(last!.measuredCoverage! > 0.9, `${stride}: ${last?.measuredCoverage}`)
    }
  })

  it('keep the GRU silent after a long gap until it has seen a whole segment again', () => {
    const streams = open(taught())
    const before = run(streams, waves(60)).at(-1)
    assert.ok(shareOf(before, 'gru') > 0.1)
    const later = waves(8, 60).map(({ value, time }) => ({ value, time: time + 1e9 }))
    const shares = run(streams, later).map((forecast) => forecast && shareOf(forecast, 'gru') > 0.1)
    assert.deepEqual(shares, [undefined, false, false, true, true, true, true, true])
  })

  it('have intervals where every second step has a reading', () => {
    const streams = open(taught(), { period: 1000 })
    const forecasts = run(
      streams,
      waves(400).filter((_, i) => i % 2 === 0),
    )
    const last = forecasts.at(-1)!
    assert.ok(last.lower.every((low, h) => low < last.mean[h] && last.mean[h] < last.upper[h]))
    assert.ok(last.measuredCoverage! > 0.8)
  })

  it('survive spikes, constants and stuck sensors with finite forecasts', () => {
    const streams = open(fitted())
    const readings = waves(300).map(({ value, time }, i) => ({
      value: i % 50 === 20 ? 1e9 : i > 150 && i < 220 ? 7 : i >= 220 ? -value * 1e-12 : value,
      time,
    }))
    for (const forecast of run(streams, readings).slice(8)) {
      for (const value of [...forecast!.mean, ...forecast!.lower, ...forecast!.upper])
        assert.ok(Number.isFinite(value))
    }
  })
})
