import assert from 'node:assert/strict'
import { setTimeout } from 'node:timers/promises'
import fc from 'fast-check'
import { createRandom } from '../../src/engine/random.ts'
import { createForecastModel } from '../../src/forecast/model.ts'
import type { Forecast, ForecastModel, Reading, SnapshotTree, Streams } from '../../src/forecast/types.ts'
import { initialiseNet } from '../../src/learn/segment/initialise.ts'
import { fillOutput } from './fitted.ts'

const T0 = Date.UTC(2026, 0, 5)
const SPEC = { horizon: 6, segment: 4, hiddenSize: 8 }

/** A model with random weights, as if fitted; it does not learn on. */
function fitted(options: object = {}): ForecastModel {
  const model = createForecastModel({ ...SPEC, learn: false, season: 12, ...options })
  const weights = Float32Array.from(fillOutput(SPEC, initialiseNet(SPEC, createRandom(5)), createRandom(6)))
  model.restore({ ...(model.snapshot() as object), weights, fits: 1 } as SnapshotTree)
  return model
}

function waves(n: number, from = 0, seed = 1): Reading[] {
  const random = createRandom(seed)
  return Array.from({ length: from + n }, (_, i) => ({
    value: 20 + 3 * Math.sin((2 * Math.PI * i) / 12) + random.normal(0, 0.3),
    time: T0 + i * 1000,
  })).slice(from)
}

function run(streams: Streams, readings: readonly Reading[], key = 'a'): (Forecast | undefined)[] {
  return readings.map(({ value, time }) => streams.push(key, value, time).forecast)
}

describe('streams', () => {
  const models: ForecastModel[] = []
  const open = (model: ForecastModel, options = {}): Streams => {
    models.push(model)
    return model.streams({ warmUp: 8, ...options })
  }
  afterEach(async () => {
    await Promise.all(models.splice(0).map((model) => model.close()))
  })

  it('warm up, then give one forecast per reading, with the grid of the readings', () => {
    const streams = open(createForecastModel({ ...SPEC, learn: false }), { warmUp: 10 })
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

  it('emit naive and say so while there is no fit', () => {
    const streams = open(createForecastModel({ ...SPEC, learn: false }))
    const last = run(streams, waves(60)).at(-1)
    assert.equal(last?.model, 'naive')
    assert.equal(last?.reason, 'the GRU has not been fitted yet')
    assert.deepEqual(last?.mean, new Array(SPEC.horizon).fill(last?.last))
    assert.equal(last?.skill, 0)
  })

  it('let nothing after t change what was issued at t', () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 110 }), fc.integer({ min: 2, max: 9 }), (t, seed) => {
        const a = run(open(fitted()), waves(120))
        const b = run(open(fitted()), [...waves(120).slice(0, t + 1), ...waves(120, 0, seed).slice(t + 1)])
        assert.deepEqual(a.slice(0, t + 1), b.slice(0, t + 1))
        assert.notDeepEqual(a[t + 1], b[t + 1])
      }),
      { numRuns: 20 },
    )
  })

  it('go on after a snapshot as if never stopped, bit for bit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 150 }), (stop) => {
        const readings = waves(200).filter((_, i) => i % 17 !== 3)
        const whole = run(open(fitted()), readings)
        const first = fitted()
        const before = open(first)
        run(before, readings.slice(0, stop))
        const second = fitted()
        second.restore(first.snapshot())
        const after = open(second)
        after.restore(before.snapshot())
        assert.deepEqual(run(after, readings.slice(stop)), whole.slice(stop))
      }),
      { numRuns: 20 },
    )
  })

  it('rebuild states from the window when the weights have changed: the same forecasts within rounding', () => {
    const readings = waves(130)
    const first = fitted()
    const streams = open(first)
    run(streams, readings.slice(0, 100))
    const saved = streams.snapshot() as { [name: string]: SnapshotTree }
    // Another fingerprint: the saved lanes must not be used.
    const rebuilt = open(fitted())
    rebuilt.restore({ ...saved, fingerprint: 1 })
    const changes = (snapshot: SnapshotTree): Float32Array => {
      const [stream] = (snapshot as { streams: { tracker: { changes: Float32Array } }[] }).streams
      return stream.tracker.changes
    }
    run(streams, readings.slice(100))
    run(rebuilt, readings.slice(100))
    const a = changes(streams.snapshot())
    const b = changes(rebuilt.snapshot())
    let spread = 0
    for (let i = 0; i < a.length; i++) {
      spread = Math.max(spread, Math.abs(a[i]))
      // The window is seen with today's scale, the live states with the scale of their time: hence not to the bit.
      assert.ok(Math.abs(a[i] - b[i]) < 0.05, `${a[i]} against ${b[i]}`)
    }
    assert.ok(spread > 0.2, 'the net must have said something')
  })

  it('refuse what is no number, by name, without touching any stream', () => {
    const streams = open(createForecastModel({ ...SPEC, learn: false }))
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
    const streams = open(createForecastModel({ ...SPEC, learn: false }), { period: 1000 })
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
      const streams = open(createForecastModel({ ...SPEC, learn: false }))
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
    const streams = open(createForecastModel({ ...SPEC, learn: false }))
    run(streams, [{ value: 1, time: 4e12 }])
    const forecasts = run(streams, waves(60))
    assert.ok(forecasts.slice(-30).every((forecast) => forecast?.period === 1000))
  })

  it('take readings out of order while the period is not known yet', () => {
    const readings = waves(30)
    const streams = open(createForecastModel({ ...SPEC, learn: false }))
    const [a, b, c] = readings
    const forecasts = run(streams, [c, a, b, ...readings.slice(3)])
    assert.deepEqual(
      forecasts.at(-1),
      run(open(createForecastModel({ ...SPEC, learn: false })), readings).at(-1),
    )
  })

  it('say so instead of inventing an interval when readings are too far apart for the period given', () => {
    const messages = (gap: number): string | undefined => {
      const streams = open(createForecastModel({ ...SPEC, learn: false }), { period: 1000 })
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
      const streams = open(createForecastModel({ ...SPEC, learn: false }))
      const last = run(
        streams,
        waves(600).map(({ time }, i) => ({ time, value: i * stride })),
      ).at(-1)
      assert.ok(last!.measuredCoverage! > 0.9, `${stride}: ${last?.measuredCoverage}`)
    }
  })

  it('keep the GRU silent after a long gap until it has seen a whole segment again', async () => {
    const trained = createForecastModel(SPEC)
    models.push(trained)
    const streams = trained.streams({ warmUp: 16 })
    const wave = (i: number): number => 20 + 3 * Math.sin((2 * Math.PI * i) / 12)
    let i = 0
    for (; i < 20_000; i++) {
      const { forecast } = streams.push('a', wave(i), T0 + i * 1000)
      if (forecast?.model === 'gru' && trained.version > 1) break
      await setTimeout(1)
    }
    const speakers = Array.from({ length: 8 }, (_, k) =>
      streams.push('a', wave(i + k), T0 + 1e9 + (i + k) * 1000),
    )
    assert.deepEqual(
      speakers.map(({ forecast }) => forecast?.model),
      [undefined, 'naive', 'naive', 'gru', 'gru', 'gru', 'gru', 'gru'],
    )
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

  it('refuse snapshots of other options and torn ones', () => {
    const streams = open(fitted())
    run(streams, waves(20))
    const saved = streams.snapshot() as { [name: string]: SnapshotTree }
    const target = open(fitted(), { period: 1000 })
    assert.throws(() => target.restore(saved), /period null, 1000 is needed/)
    assert.throws(() => streams.restore({ ...saved, version: 2 }), /version 2, 1 is needed/)
    assert.throws(() => streams.restore(null), /version undefined/)
    const [stream] = saved.streams as { [name: string]: SnapshotTree }[]
    const { history: _, scale: __, ...torn } = stream
    assert.throws(() => streams.restore({ ...saved, streams: [torn] as SnapshotTree[] }), /has no scale/)
  })

  it('go on with another target coverage after a snapshot, without a warm-up', () => {
    const streams = open(fitted())
    const readings = waves(400)
    run(streams, readings.slice(0, 200))
    const narrow = open(fitted(), { coverage: 0.5 })
    narrow.restore(streams.snapshot())
    const [wide, half] = [streams, narrow].map((one) => run(one, readings.slice(200)))
    assert.ok(half.every((forecast, i) => forecast!.upper[0] < wide[i]!.upper[0]))
    assert.equal(half[0]?.coverage, 0.5)
  })

  it('refuse impossible options by name and value', () => {
    const model = fitted()
    models.push(model)
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
