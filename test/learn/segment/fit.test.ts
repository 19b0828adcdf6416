import assert from 'node:assert/strict'
import { createRandom } from '../../../src/engine/random.ts'
import { splitSeries } from '../../../src/learn/segment/data.ts'
import { fitSegment } from '../../../src/learn/segment/fit.ts'
import { initialiseNet } from '../../../src/learn/segment/initialise.ts'
import { netLayout } from '../../../src/learn/segment/net.ts'
import type { FitJob, FitResult, FitSeries } from '../../../src/learn/segment/types.ts'
import { fitOf, seriesOf, wave } from './series.ts'

describe('a fit', () => {
  it('learns noisy patterns far better than the last value on what it has not seen', () => {
    const { validationLoss, naiveLoss, tailSkills, model } = fitSegment(
      fitOf([wave(600, 12, 0.2, 1), wave(500, 10, 0.2, 2)], { epochs: 6, updates: 60 }),
    )
    assert.ok(validationLoss < 0.2 * naiveLoss, `${validationLoss} of ${naiveLoss}`)
    for (const skill of tailSkills) assert.ok(skill > 0.5, `${skill}`)
    assert.deepEqual(
      model.channels.map(({ key, season }) => [key, season]),
      [
        ['wave 1', 12],
        ['wave 2', 10],
      ],
    )
  })

  it('forecasts a noisy daily sine better than the value of a day before', () => {
    const series = wave(24 * 80, 24, 1)
    const { model, validationLoss } = fitSegment(
      fitOf([series], { epochs: 8, updates: 50 }, { horizon: 24, segment: null, hiddenSize: 16 }),
    )
    assert.equal(model.spec.segment, 24)
    const { values, unit, tailStart, tailEnd } = splitSeries(series, 24, 24, 24)
    let squares = 0
    for (let t = tailStart; t < tailEnd; t++) {
      for (let ahead = 1; ahead <= 24; ahead++) {
        squares += ((values[t + ahead] - values[t + ahead - 24]) / unit) ** 2
      }
    }
    const seasonal = squares / (24 * (tailEnd - tailStart))
    assert.ok(validationLoss < 0.75 * seasonal, `${validationLoss}, seasonal naive ${seasonal}`)
  })

  it('gives the same weights for the same job, and others for another seed', () => {
    const one = fitOf([wave(200)], {}, { scale: 'auto' })
    const [a, b] = [fitSegment(one), fitSegment(one)]
    assert.deepEqual(a.model, b.model)
    assert.deepEqual(a.tailSkills, b.tailSkills)
    assert.notDeepEqual(fitSegment({ ...one, seed: 2 }).model.weights, a.model.weights)
  })

  it('never returns weights that are worse on the tail than those it began with', () => {
    const random = createRandom(3)
    const values = Float64Array.from({ length: 200 }, () => random.normal())
    const noise = seriesOf(values, { key: 'wave 1' })
    const start = fitSegment(fitOf([wave(300)])).model
    const before = fitSegment(fitOf([noise], { epochs: 0 }, { start, season: 12 }))
    assert.deepEqual(before.model.weights, start.weights)
    const after = fitSegment(fitOf([noise], {}, { start, season: 12 }))
    assert.ok(after.validationLoss <= before.validationLoss)
  })

  it('ends after five epochs without improvement, once the rate falls', () => {
    const random = createRandom(3)
    const noise = seriesOf(Float64Array.from({ length: 300 }, () => random.normal()))
    const best: number[] = []
    const { epochs, updates } = fitSegment(fitOf([noise], { epochs: 1000 }, { checkpoints: true }), {
      onProgress: ({ checkpoint }) => checkpoint && best.push(checkpoint.best.epoch),
    })
    assert.ok(epochs >= 10 && epochs < 1000, `${epochs}`)
    assert.equal(best.length, epochs)
    assert.equal(best[epochs - 1], epochs - 5)
    // Never before were there as many without one.
    for (const [i, epoch] of best.slice(0, -1).entries()) assert.ok(i + 1 - Math.max(epoch, 5) < 5)
    assert.equal(updates, 20 * epochs)
  })

  it('goes on from a model, with channels matched by key', () => {
    const [a, b, c] = [1, 2, 3].map((seed) => wave(300, 12, 0.2, seed))
    const { model } = fitSegment(fitOf([a, b], { epochs: 8, updates: 80 }))
    const loss = (series: FitSeries[], start: FitJob['start']) =>
      fitSegment(fitOf(series, { epochs: 0 }, { start })).validationLoss
    assert.ok(loss([c, b, a], model) < 0.3 * loss([c, b, a], null))
    const others = fitSegment(fitOf([c, b], { epochs: 0 }, { start: model })).model
    const { channel, half } = netLayout(model.spec)
    const embedding = (weights: Float32Array) => weights.subarray(channel + half, channel + 2 * half)
    assert.deepEqual(embedding(others.weights), embedding(model.weights))
  })

  it('begins anew where the shape of the net is another', () => {
    const { model } = fitSegment(fitOf([wave(200)]))
    const fresh = fitSegment(fitOf([wave(200)], { epochs: 0 }, { start: model, hiddenSize: 6 }))
    const weights = Float32Array.from(initialiseNet(fresh.model.spec, createRandom(1)))
    assert.deepEqual(fresh.model.weights, weights)
  })

  it('returns the newest weights where nothing judges, after all its epochs', () => {
    const series = { ...wave(60), trainEnd: 60 }
    const result = fitSegment(fitOf([series], { epochs: 9 }))
    assert.equal(result.epochs, 9)
    assert.deepEqual([result.validationLoss, result.naiveLoss], [Number.NaN, Number.NaN])
    assert.deepEqual([...result.tailSkills], [Number.NaN])
    const fewer = fitSegment(fitOf([series], { epochs: 8 }))
    assert.notDeepEqual(fewer.model.weights, result.model.weights)
  })

  it('takes series that only teach beside one that judges', () => {
    const { tailSkills, validationLoss } = fitSegment(
      fitOf([{ ...wave(100, 12, 0.2, 1), trainEnd: 100 }, wave(100, 12, 0.2, 2), wave(15, 12, 0.2, 3)]),
    )
    assert.deepEqual([...tailSkills].map(Number.isFinite), [false, true, false])
    assert.ok(Number.isFinite(validationLoss))
  })

  it('refuses series that are too short, by number', () => {
    for (const series of [[], [wave(1)], [{ ...wave(50), trainEnd: 1 }, wave(0)]]) {
      assert.throws(() => fitSegment(fitOf(series)), {
        name: 'RangeError',
        message: `no series is long enough to learn from: ${series.length} series, horizon 6`,
      })
    }
    assert.ok(fitSegment(fitOf([wave(2)])).model.weights.every(Number.isFinite))
  })

  it('has finite weights for sentinels, constants and gaps, in any scale', () => {
    const sentinel = (at: number, value: number): FitSeries => {
      const series = wave(150, 12, 0.2, at)
      series.values[at] = value
      return series
    }
    const gaps = wave(150, 12, 0.2, 9)
    gaps.observed.fill(0, 30, 110)
    const nothing = { ...wave(150, 12, 0.2, 8), observed: new Uint8Array(150) }
    const cases = {
      sentinels: [sentinel(40, 1e30), sentinel(60, -1e30), sentinel(140, 1e30), sentinel(149, -1e30)],
      'sentinels after constants': [
        seriesOf(Array.from({ length: 150 }, (_, i) => (i === 130 ? 1e30 : 0))),
        seriesOf(Array.from({ length: 150 }, (_, i) => (i === 50 ? -1e30 : 1e-9))),
      ],
      constants: [seriesOf(new Array(150).fill(7)), seriesOf(new Array(150).fill(0))],
      gaps: [gaps, wave(150)],
      'nothing observed': [nothing],
    }
    for (const [name, series] of Object.entries(cases)) {
      for (const scale of ['fixed', 'running', 'auto'] as const) {
        const losses: number[] = []
        const { model } = fitSegment(fitOf(series, {}, { scale }), {
          onProgress: ({ loss }) => losses.push(loss),
        })
        assert.ok(model.weights.every(Number.isFinite), `${name}, ${scale}`)
        assert.ok(losses.length > 0 && losses.every(Number.isFinite), `${name}, ${scale}: ${losses}`)
      }
    }
  })

  it('learns in spite of a sentinel in one of its series', () => {
    const broken = wave(400, 12, 0.2, 1)
    broken.values[100] = 1e30
    const schedule = { epochs: 8, updates: 120 }
    const { tailSkills } = fitSegment(fitOf([broken, wave(400, 12, 0.2, 2)], schedule))
    assert.ok(tailSkills[1] > 0.7, `${tailSkills[1]}`)
  })

  it('takes from one to hundreds of channels', () => {
    for (const count of [1, 2, 300]) {
      const series = Array.from({ length: count }, (_, i) => wave(80, 12, 0.2, i))
      const { model, tailSkills } = fitSegment(fitOf(series, { epochs: 2, updates: 5 }, { table: true }))
      assert.deepEqual([model.spec.channels, model.channels.length, tailSkills.length], [count, count, count])
      assert.ok(tailSkills.every(Number.isFinite))
      assert.equal(model.weights.length, netLayout(model.spec).size)
    }
  })

  it('ends when cancelled, before the next update', () => {
    let asked = 0
    const updates: number[] = []
    assert.throws(
      () =>
        fitSegment(fitOf([wave(200)], { updates: 100 }), {
          cancelled: () => ++asked > 25,
          onProgress: ({ update }) => updates.push(update),
        }),
      { name: 'AbortError' },
    )
    assert.equal(asked, 26)
    assert.deepEqual(updates, [10, 20])
  })

  it('ends in time with the best weights so far', () => {
    const { now } = performance
    let milliseconds = 0
    let result: FitResult
    // A clock by which every look at it takes a millisecond.
    performance.now = () => milliseconds++
    try {
      result = fitSegment(fitOf([wave(300)], { epochs: 1000, updates: 1000, maxSeconds: 0.4 }))
    } finally {
      performance.now = now
    }
    assert.ok(result.updates > 300 && result.updates < 400, `${result.updates}`)
    assert.equal(result.epochs, 1)
    assert.ok(result.validationLoss < 0.5 * result.naiveLoss, `${result.validationLoss}`)
    for (const scale of ['fixed', 'auto'] as const) {
      const none = fitSegment(fitOf([wave(300)], { maxSeconds: 0 }, { scale }))
      assert.deepEqual([none.updates, none.epochs], [0, 0])
      const weights = Float32Array.from(initialiseNet(none.model.spec, createRandom(1)))
      assert.deepEqual(none.model.weights, weights)
    }
  })
})
