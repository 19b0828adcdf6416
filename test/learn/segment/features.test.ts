import assert from 'node:assert/strict'
import fc from 'fast-check'
import { writeFeatures } from '../../../src/learn/segment/features.ts'
import { featureCount } from '../../../src/learn/segment/net.ts'
import { detectSeason } from '../../../src/learn/segment/season.ts'

describe('features of the segment net', () => {
  const spec = { segment: 3, horizon: 4, hiddenSize: 4 }
  const at = (values: number[], t: number, scale: number, season: number, first = 0): number[] => {
    const out = new Float64Array(featureCount(spec))
    writeFeatures(spec, Float64Array.from(values), first, t, scale, season, out, 0)
    return [...out]
  }

  it('are the segment, its change, the seasonal change and what followed a season ago', () => {
    const values = [10, 12, 14, 16, 18, 20, 22, 25]
    assert.deepEqual(
      at(values, 7, 1, 5),
      [-5, -3, 0, 7, 3 - 10 + 14 - 14 - 4, 2, 4, 6, 8].map((v, i) =>
        // x_{t−5} = 14: 14 − 25 = −11 is clipped to −10; then 16, 18, 20, 22 relative to 14.
        i === 4 ? -10 : v,
      ),
    )
  })

  it('repeat the first value before the start, and are 0 without a season', () => {
    assert.deepEqual(at([7, 8], 1, 0.5, 0), [-2, -2, 0, 2, 0, 0, 0, 0, 0])
    assert.deepEqual(at([0, 0, 7, 8], 3, 0.5, 3, 2), [-2, -2, 0, 2, 0, 0, 0, 0, 0])
  })

  it('wrap what followed a season ago where the horizon is the longer', () => {
    assert.deepEqual(at([1, 2, 3, 4], 3, 1, 2).slice(4), [-2, 1, 2, 1, 2])
  })

  it('read nothing after t', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ min: -100, max: 100, noNaN: true }), { minLength: 2, maxLength: 40 }),
        fc.nat(),
        fc.nat({ max: 20 }),
        (values, seed, season) => {
          const t = seed % values.length
          const changed = values.map((v, i) => (i > t ? v + 1000 : v))
          assert.deepEqual(at(values, t, 1, season), at(changed, t, 1, season))
        },
      ),
    )
  })
})

describe('season detection', () => {
  const wave = (n: number, period: number, noise: number): Float64Array => {
    let random = 1
    return Float64Array.from({ length: n }, (_, i) => {
      random = (random * 48271) % 2147483647
      return Math.sin((2 * Math.PI * i) / period) + noise * (random / 1073741823 - 1) + i / n
    })
  }

  it('finds the period of a noisy, drifting pattern', () => {
    for (const period of [12, 24, 96]) {
      const found = detectSeason(wave(period * 12, period, 0.5))
      assert.ok(Math.abs(found - period) <= 1, `${found} for ${period}`)
    }
  })

  it('finds none in a straight line, a constant, noise or too short a series', () => {
    assert.equal(detectSeason(Float64Array.from({ length: 500 }, (_, i) => i)), 0)
    assert.equal(detectSeason(new Float64Array(500).fill(3)), 0)
    assert.equal(detectSeason(wave(500, 1e9, 1)), 0)
    assert.equal(detectSeason(wave(30, 24, 0)), 0)
  })
})
