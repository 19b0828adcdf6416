import assert from 'node:assert/strict'
import fc from 'fast-check'
import { createForecastModel } from '../../src/forecast/model.ts'
import { blank, fitted, opener, run, SPEC, shareOf, T0, waves } from './fitted.ts'

describe('streams', () => {
  const open = opener()

  it('warm up, then give one forecast per reading, with the grid of the readings', () => {
    const streams = open(blank(), { warmUp: 10 })
    const readings = waves(40)
    for (const [i, { value, time }] of readings.entries()) {
      const { forecast, skipped } = streams.push('a', value, time)
      if (i < 9) {
        assert.equal(skipped?.reason, 'warming')
        assert.deepEqual(skipped?.progress, { have: i + 1, need: 10 })
      } else {
        assert.ok(forecast)
        assert.equal(forecast.cutoff, time)
        assert.equal(forecast.period, 1000)
        assert.equal(forecast.last, value)
        assert.equal(forecast.mean.length, SPEC.horizon)
        assert.ok(
          forecast.lower.every((low, h) => low <= forecast.mean[h] && forecast.mean[h] <= forecast.upper[h]),
        )
      }
    }
  })

  it('trust naive at first, and say so, and that there is no fit', () => {
    const last = run(open(blank()), waves(60)).at(-1)!
    assert.equal(last.model, 'naive')
    const [{ share }] = last.experts
    assert.ok(share > 0.8)
    const percent = (100 * share).toFixed(0)
    assert.equal(
      last.reason,
      `the last value has the largest share, ${percent} %; the GRU has not been fitted yet`,
    )
    assert.deepEqual([shareOf(last, 'gru'), shareOf(last, 'learning-gru'), last.device], [0, 0, 'none'])
    assert.ok(Math.abs(last.skill!) < 0.1)
  })

  it('let nothing after t change what was issued at t', () => {
    const options = { coverage: [0.9, 0.5] }
    const expected = run(open(fitted(), options), waves(260))
    assert.ok(expected[250]?.anomaly && expected[250].intervals.length === 2, 'all parts are there')
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 250 }), fc.integer({ min: 2, max: 9 }), (t, seed) => {
        const changed = [...waves(260).slice(0, t + 1), ...waves(260, 0, seed).slice(t + 1)]
        const forecasts = run(open(fitted(), options), changed)
        assert.deepEqual(forecasts.slice(0, t + 1), expected.slice(0, t + 1))
        assert.notDeepEqual(forecasts[t + 1], expected[t + 1])
      }),
      { numRuns: 20 },
    )
  })

  it('refuse what is no number, by name, without touching any stream', () => {
    const streams = open(blank())
    run(streams, waves(20))
    const deep = JSON.parse('['.repeat(5000) + ']'.repeat(5000)) as unknown
    const bad = [
      'text',
      '',
      '12',
      Number.NaN,
      Number.POSITIVE_INFINITY,
      1e300,
      null,
      undefined,
      [],
      [1],
      true,
      {},
      deep,
      1n,
      Symbol('s'),
      () => 1,
    ]
    const before = streams.snapshot() as { streams: { counts: object }[] }
    for (const value of bad) {
      const { skipped } = streams.push('a', value, T0 + 100_000)
      assert.equal(skipped?.reason, 'invalid')
      assert.ok(skipped.error instanceof Error)
      assert.match(skipped.message, /^value must/)
      assert.ok(skipped.message.length < 120)
    }
    for (const time of [Number.NaN, 1e17, 'yesterday', '2026-01-05T00:00:00', {}, true]) {
      assert.match(streams.push('a', 1, time).skipped?.message ?? '', /^time must/)
    }
    assert.equal(streams.push(7 as never, 1).skipped?.reason, 'invalid')
    assert.equal(streams.counts('a')?.invalid, bad.length + 6)
    const after = streams.snapshot() as { streams: { counts: object }[] }
    assert.deepEqual({ ...after.streams[0], counts: null }, { ...before.streams[0], counts: null })
    streams.push('nobody', 'text')
    assert.equal(streams.invalid, 2)
    assert.deepEqual(streams.keys(), ['a'])
  })

  it('take times as numbers, Dates and zoned ISO texts', () => {
    const streams = open(blank(), { period: 1000 })
    streams.push('a', 1, T0)
    streams.push('a', 2, new Date(T0 + 1000))
    streams.push('a', 3, '2026-01-05T01:00:02+01:00')
    assert.deepEqual(streams.counts('a'), {
      accepted: 3,
      duplicate: 0,
      extra: 0,
      late: 0,
      ahead: 0,
      invalid: 0,
      filled: 0,
      restarts: 0,
    })
  })

  it('keep hostile keys apart', () => {
    const streams = open(fitted())
    for (const key of ['__proto__', 'constructor', '', 'x'.repeat(65_536)]) {
      assert.ok(run(streams, waves(20), key).at(-1))
    }
    assert.equal(streams.size, 4)
  })

  it('drop the stream longest unused beyond maxStreams, and say which', () => {
    const evicted: string[] = []
    const streams = open(fitted(), { maxStreams: 2, onEvict: (key: string) => evicted.push(key) })
    streams.push('a', 1, T0)
    streams.push('b', 1, T0)
    streams.push('a', 1, T0 + 1000)
    streams.push('c', 1, T0)
    assert.deepEqual(evicted, ['b'])
    assert.deepEqual(streams.keys(), ['a', 'c'])
  })

  it('do not let one stream touch another, also when lanes are used again', () => {
    const alone = run(open(fitted()), waves(60), 'b')
    const streams = open(fitted())
    run(streams, waves(50, 0, 8), 'a')
    streams.reset('a')
    run(streams, waves(50, 0, 9), 'c')
    const together = waves(60).map(({ value, time }) => {
      streams.push('c', -value, time + 1e6)
      return streams.push('b', value, time).forecast
    })
    assert.deepEqual(together, alone)
  })

  it('keep to maxStreams when more were saved, and take nothing once closed', () => {
    const streams = open(fitted())
    for (const key of ['a', 'b', 'c']) run(streams, waves(20), key)
    const fewer = open(fitted(), { maxStreams: 2 })
    fewer.restore(streams.snapshot())
    assert.deepEqual(fewer.keys(), ['b', 'c'])
    fewer.close()
    assert.match(fewer.push('a', 1).skipped?.message ?? '', /closed/)
    assert.equal(fewer.size, 0)
  })

  it('forget one stream or all', () => {
    const streams = open(fitted())
    run(streams, waves(20), 'a')
    run(streams, waves(20), 'b')
    assert.equal(streams.reset('nobody'), 0)
    assert.equal(streams.reset('a'), 1)
    assert.deepEqual(streams.keys(), ['b'])
    assert.equal(streams.reset(), 1)
    assert.equal(streams.size, 0)
  })

  it('refuse impossible options by name and value', () => {
    const model = fitted()
    assert.throws(() => model.streams({ warmUp: 1 }), /warmUp must be a whole number from 2 to 4096, got 1/)
    assert.throws(
      () => model.streams({ coverage: '0.9' as never }),
      /coverage must lie between 0 and 1, got 0.9/,
    )
    assert.throws(() => model.streams({ coverage: 1 }), /coverage must lie between 0 and 1, got 1/)
    assert.throws(() => model.streams({ period: 0 }), /period must be .* got 0/)
    assert.throws(() => model.streams({ maxStreams: 0 }), /maxStreams .* got 0/)
    assert.throws(() => createForecastModel({ horizon: 0 }), /horizon .* got 0/)
    assert.throws(() => createForecastModel({ segment: 1.5 }), /segment .* got 1.5/)
    assert.throws(() => createForecastModel({ hiddenSize: 30 }), /hiddenSize must be a multiple of 4, got 30/)
  })
})
