import assert from 'node:assert/strict'
import fc from 'fast-check'
import { createRandom } from '../../../src/engine/random.ts'
import { createSegmentNet } from '../../../src/learn/segment/batch.ts'
import { splitSeries } from '../../../src/learn/segment/data.ts'
import { fitSegment } from '../../../src/learn/segment/fit.ts'
import { initialiseNet } from '../../../src/learn/segment/initialise.ts'
import { netLayout } from '../../../src/learn/segment/net.ts'
import type { FitJob, FitSeries } from '../../../src/learn/segment/types.ts'
import { assertGradient } from '../numeric.ts'

const SPEC = { segment: 4, horizon: 6, hiddenSize: 8 }

function wave(n: number, seed = 1, period = 12): FitSeries {
  const random = createRandom(seed)
  const values = Float64Array.from({ length: n }, (_, i) => {
    return 20 + 3 * Math.sin((2 * Math.PI * i) / period) + random.normal(0, 0.2)
  })
  return { key: `wave ${seed}`, values, observed: new Uint8Array(n).fill(1), scale: 2, season: null }
}

const job = (series: FitSeries[], maxUpdates = 150): FitJob => ({
  spec: SPEC,
  weights: null,
  series,
  seed: 1,
  maxUpdates,
  maxSeconds: 60,
})

describe('segment net', () => {
  it('has gradients that agree with finite differences, for every weight', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const spec = { segment: 2, horizon: 3, hiddenSize: 4 }
      const random = createRandom(seed)
      const { size, features, blocks } = netLayout(spec)
      const weights = initialiseNet(spec, random).map((w) => w || random.uniform(-0.5, 0.5))
      const grads = new Float64Array(size)
      const net = createSegmentNet(spec, weights, grads)
      const rows = 3
      const decoder = net.decoder(rows)
      const draw = (length: number): Float64Array => Float64Array.from({ length }, () => random.normal())
      const x = draw(rows * features)
      const h0 = draw(rows * 4)
      const target = draw(rows * blocks * 2)
      const z = new Float64Array(rows * 4)
      const h = new Float64Array(rows * 4)
      const cache = net.cell.cache(rows)
      const loss = (): number => {
        net.encode(x, z, rows)
        net.cell.forward(z, h0, h, cache)
        decoder.forward(h)
        return decoder.out.reduce((sum, y, i) => sum + (y - target[i]) ** 2, 0)
      }
      loss()
      decoder.dOut.set(decoder.out.map((y, i) => 2 * (y - target[i])))
      const dh = new Float64Array(rows * 4)
      const dz = new Float64Array(rows * 4)
      decoder.backward(dh)
      net.cell.backward(cache, dh, dz, null)
      net.encodeBack(x, z, dz, rows)
      assertGradient(`seed ${seed}, weight`, loss, weights, grads)
    }
  })

  it('starts as naive: an untrained net forecasts no change', () => {
    const { validationLoss, naiveLoss } = fitSegment(job([wave(200)], 0))
    assert.equal(validationLoss, naiveLoss)
  })
})

describe('fit', () => {
  it('learns a noisy pattern far better than naive on the part it has not seen', () => {
    const result = fitSegment(job([wave(400, 1), wave(300, 2, 10)], 400))
    assert.ok(
      result.validationLoss < 0.4 * result.naiveLoss,
      `${result.validationLoss} of ${result.naiveLoss}`,
    )
    assert.deepEqual([...result.seasons], [12, 10])
  })

  it('gives the same weights for the same seed', () => {
    const a = fitSegment(job([wave(200)], 50))
    const b = fitSegment(job([wave(200)], 50))
    assert.deepEqual(a.weights, b.weights)
    assert.notDeepEqual(fitSegment({ ...job([wave(200)], 50), seed: 2 }).weights, a.weights)
  })

  it('never returns weights that are worse on the tail than those it began with', () => {
    const noise = {
      ...wave(200),
      values: Float64Array.from({ length: 200 }, (_, i) => ((i * 7919) % 101) / 10),
    }
    const first = fitSegment(job([wave(300)]))
    const second = fitSegment({ ...job([noise], 100), weights: first.weights })
    const before = fitSegment({ ...job([noise], 0), weights: first.weights })
    assert.ok(second.validationLoss <= before.validationLoss)
  })

  it('takes no filled-in step as a target', () => {
    const series = wave(300)
    const holes = { ...series, observed: series.observed.map((_, i) => (i % 7 === 3 ? 0 : 1)) }
    const broken = { ...holes, values: holes.values.slice() }
    const clean = fitSegment(job([holes], 50))
    assert.ok(Number.isFinite(clean.validationLoss))
    // A filled-in step in the tail is neither origin nor target there.
    broken.values[290] += 1e3
    assert.equal(holes.observed[290], 0)
    const { trainEnd } = splitSeries(SPEC, [holes])[0]
    assert.ok(trainEnd < 280)
    assert.equal(fitSegment(job([broken], 0)).naiveLoss, fitSegment(job([holes], 0)).naiveLoss)
  })

  it('splits in time order: what is learned from ends before the tail begins', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), (n) => {
        const [{ trainEnd, tailStart, tailEnd }] = splitSeries(SPEC, [wave(n)])
        assert.ok(trainEnd >= 0 && trainEnd + SPEC.horizon <= Math.max(tailStart + 1, SPEC.horizon))
        assert.ok(tailEnd <= Math.max(n - SPEC.horizon, tailStart))
      }),
    )
  })

  it('reports progress and ends when cancelled', () => {
    const updates: number[] = []
    fitSegment(job([wave(200)], 100), { onProgress: ({ update }) => updates.push(update) })
    assert.deepEqual(updates, [50, 100])
    let asked = 0
    assert.throws(() => fitSegment(job([wave(200)]), { cancelled: () => ++asked > 3 }), {
      name: 'AbortError',
    })
    assert.equal(asked, 4)
  })

  it('ends in time with the best weights so far', () => {
    const result = fitSegment({ ...job([wave(300)], 1_000_000), maxSeconds: 0.2 })
    assert.ok(result.updates > 0 && result.updates < 1_000_000)
    assert.ok(result.validationLoss <= result.naiveLoss)
    assert.equal(fitSegment({ ...job([wave(300)]), maxSeconds: 0 }).updates, 0)
  })

  it('goes on through a sentinel beyond float32', () => {
    const spoilt = wave(300)
    spoilt.values[90] = 3.4e38
    const losses: number[] = []
    const { weights } = fitSegment(
      { ...job([{ ...spoilt, scale: 0.1 }, wave(300, 2)]), maxUpdates: 150 },
      { onProgress: ({ loss }) => losses.push(loss) },
    )
    assert.ok(losses.length > 0 && losses.every(Number.isFinite), losses.join())
    assert.ok(weights.every(Number.isFinite))
  })

  it('refuses series that are too short, by number', () => {
    assert.throws(
      () => fitSegment(job([wave(5)])),
      /no series is long enough to learn from: 1 series, horizon 6/,
    )
  })
})
