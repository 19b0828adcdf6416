import assert from 'node:assert/strict'
import { createRandom } from '../../src/engine/random.ts'
import { createForecastModel, openForecastModel } from '../../src/forecast/model.ts'
import { EXPERTS } from '../../src/forecast/tracker.ts'
import type { Reading, Streams } from '../../src/forecast/types.ts'
import type { SegmentModel } from '../../src/learn/segment/types.ts'
import { opener, otherModel, randomModel, run, shareOf, T0, TAUGHT, waves } from './fitted.ts'
import { stage } from './stage.ts'
import { taught } from './taught.ts'

/** What the only stream knows of the GRU: the logarithms of its weights, and its skill on what its fit held back. */
function known(streams: Streams): { logs: number[] } {
  const [{ tracker }] = (
    streams.snapshot() as unknown as { streams: { tracker: { mix: { logs: Float64Array } } }[] }
  ).streams
  return { logs: [...tracker.mix.logs].filter((_, i) => i % EXPERTS.length === EXPERTS.indexOf('gru')) }
}

/** A walk that no method forecasts better than naive. */
function walk(count: number, seed: number): Reading[] {
  const random = createRandom(seed)
  let value = 20
  return Array.from({ length: count }, (_, i) => {
    value += random.normal()
    return { value, time: T0 + i * 1000 }
  })
}

/** Mean squared errors of what is issued and of naive, from the reading `from` on, over all steps. */
function errorsOf(
  streams: Streams,
  readings: readonly Reading[],
  from = 0,
): { mixture: number; naive: number } {
  const forecasts = run(streams, readings)
  const sums = { mixture: 0, naive: 0 }
  for (const [t, forecast] of forecasts.entries()) {
    if (t < from || !forecast) continue
    for (const [h, mean] of forecast.mean.entries()) {
      const truth = readings[t + 1 + h]?.value
      if (truth === undefined) continue
      sums.mixture += (mean - truth) ** 2
      sums.naive += (forecast.last - truth) ** 2
    }
  }
  return sums
}

describe('a GRU that takes the place of another', () => {
  const open = opener()
  const forgotten = (logs: readonly number[]): boolean => logs.length > 0 && logs.every(Number.isNaN)

  it('begins with a small share, larger where it was better than naive on what its fit held back', () => {
    const first = (skill: number | null): number => {
      const model = createForecastModel(TAUGHT)
      const streams = open(model, { period: 1000 })
      run(streams, waves(60))
      model.adopt(randomModel(), skill)
      return shareOf(run(streams, waves(1, 60))[0], 'gru')
    }
    const [unknown, worse, better] = [null, -0.2, 0.5].map(first)
    assert.ok(unknown > 0 && unknown < 0.02, `${unknown}`)
    assert.equal(worse, unknown)
    assert.ok(better > 10 * unknown && better < 0.5, `${better}`)
  })

  it('gains the largest share when it is good, and gives it to what comes to be better', () => {
    const streams = open(taught(), { period: 1000 })
    const last = run(streams, waves(75)).at(-1)!
    assert.equal(last.model, 'gru')
    assert.match(last.reason, /^the GRU has the largest share, \d\d %$/)
    // A noisy sine has no secrets from a regression that knows its season.
    const later = run(streams, waves(1500, 75)).at(-1)!
    assert.equal(later.model, 'seasonal-ridge')
    assert.ok(later.skill! > last.skill! && shareOf(later, 'gru') < 0.05)
  })

  it('makes the first forecasts of a stream better when it is good', () => {
    const readings = waves(100)
    const [fitted, not] = [taught(), createForecastModel(TAUGHT)].map((model) =>
      errorsOf(open(model, { period: 1000 }), readings),
    )
    assert.ok(fitted.mixture < 0.9 * not.mixture, `${fitted.mixture / not.mixture} times that without`)
  })

  for (const skill of [null, 0.9]) {
    it(`hardly makes forecasts worse than naive when it is bad, ${skill ? 'though said to be good' : 'of which nothing is known'}`, () => {
      for (const seed of [1, 2, 3]) {
        const model = createForecastModel(TAUGHT)
        model.adopt(randomModel(), skill)
        const { mixture, naive } = errorsOf(open(model, { period: 1000 }), walk(1000, seed))
        assert.ok(mixture < 1.05 * naive, `${mixture / naive} times naive`)
      }
    })
  }

  it('has none of the share of a good one before it, and does no harm when it is bad', () => {
    const model = taught()
    const streams = open(model, { period: 1000 })
    run(streams, waves(150))
    model.adopt(otherModel(), 0.5)
    assert.ok(forgotten(known(streams).logs))
    const [first] = run(streams, waves(1, 150))
    assert.ok(shareOf(first, 'gru') < 0.3)
    const { mixture, naive } = errorsOf(streams, waves(800, 151))
    assert.ok(mixture < naive, `${mixture / naive} times naive`)
    assert.ok(shareOf(run(streams, waves(1, 951))[0], 'gru') < 0.05)
  })

  it('is trusted as before if it is the same', () => {
    const model = taught()
    const streams = open(model, { period: 1000 })
    run(streams, waves(75))
    const before = known(streams)
    assert.ok(!forgotten(before.logs))
    taught(model)
    assert.deepEqual(known(streams), before)
    assert.equal(run(streams, waves(1, 75))[0]?.model, 'gru')
  })

  it('inherits from what it went on from, and begins anew with another shape', async () => {
    const trainer = stage()
    const model = openForecastModel({ ...TAUGHT, learn: true, budget: 0 }, { ...trainer, timed: false })
    const streams = open(model, { period: 1000 })
    let from = 0
    const refit = async (result: (running: SegmentModel | null) => SegmentModel): Promise<void> => {
      while (trainer.jobs.length === fits) run(streams, waves(1, from++))
      fits++
      trainer.settle({ model: result(model.fitted) })
      await model.whenRested()
    }
    let fits = 0
    const lively = taught().fitted!
    await refit(() => lively)
    run(streams, waves(60, from))
    from += 60
    const before = known(streams)
    assert.ok(!forgotten(before.logs))
    await refit((running) => ({ ...running!, weights: running!.weights.map((w) => 0.999 * w) }))
    assert.equal(model.version, 2)
    assert.ok(!forgotten(known(streams).logs))
    await refit(() => otherModel(['a']))
    assert.ok(forgotten(known(streams).logs))
    const share = shareOf(run(streams, waves(1, from++))[0], 'gru')
    assert.ok(share > 0 && share < 0.02, `${share}`)
  })

  it('begins anew on streams that were saved under other weights', () => {
    const streams = open(taught(), { period: 1000 })
    run(streams, waves(150))
    const saved = streams.snapshot()
    const same = open(taught(), { period: 1000 })
    same.restore(saved)
    assert.deepEqual(known(same), known(streams))
    const model = createForecastModel(TAUGHT)
    model.adopt(otherModel(), null)
    const other = open(model, { period: 1000 })
    other.restore(saved)
    assert.ok(forgotten(known(other).logs))
    assert.ok(shareOf(run(other, waves(1, 150))[0], 'gru') < 0.05)
  })
})
