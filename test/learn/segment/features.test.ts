import assert from 'node:assert/strict'
import fc from 'fast-check'
import { writeFeatures } from '../../../src/learn/segment/features.ts'
import { featureCount } from '../../../src/learn/segment/net.ts'

describe('features of the segment net', () => {
  const at = (
    values: ArrayLike<number>,
    t: number,
    {
      scale = 1,
      season = 0,
      first = 0,
      seasonal,
    }: { scale?: number; season?: number; first?: number; seasonal?: boolean } = {},
  ): number[] => {
    const spec = { segment: 3, seasonal: seasonal ?? season > 0 }
    const out = new Float64Array(featureCount(spec) + 2).fill(99)
    writeFeatures(spec, Float64Array.from(values), first, t, scale, season, out, 1)
    assert.deepEqual([out[0], out[out.length - 1]], [99, 99])
    return [...out.subarray(1, -1)]
  }

  it('are the segment, its change and the change over a season, in units', () => {
    const values = [10, 12, 14, 16, 18, 20, 22, 25]
    assert.deepEqual(at(values, 7), [-5, -3, 0, 7])
    assert.deepEqual(at(values, 7, { season: 4 }), [-5, -3, 0, 7, -9])
    assert.deepEqual(at(values, 7, { season: 4, scale: 2 }), [-2.5, -1.5, 0, 3.5, -4.5])
  })

  it('repeat the first value before the start', () => {
    assert.deepEqual(at([7, 8], 1, { scale: 0.5, season: 5 }), [-2, -2, 0, 2, -2])
    assert.deepEqual(at([7], 0, { season: 5 }), [0, 0, 0, 0, 0])
    assert.deepEqual(at([0, 0, 7, 8], 3, { scale: 0.5, season: 3, first: 2 }), [-2, -2, 0, 2, -2])
  })

  it('have no seasonal change for a stream without a season', () => {
    assert.deepEqual(at([1, 5, 2, 9], 3, { seasonal: true }), [-4, -7, 0, 8, 0])
  })

  it('are at most ten units, however wild a value is', () => {
    assert.deepEqual(at([1e30, -1e30, 0], 2, { season: 2 }), [10, -10, 0, -10, 10])
  })

  it('read nothing after t', () => {
    const number = fc.double({ min: -100, max: 100, noNaN: true })
    fc.assert(
      fc.property(
        fc.array(number, { minLength: 2, maxLength: 40 }),
        fc.nat(),
        fc.integer({ min: 0, max: 20 }),
        (values, seed, season) => {
          const t = seed % values.length
          const changed = values.map((v, i) => (i > t ? v + 1000 : v))
          assert.deepEqual(at(values, t, { season }), at(changed, t, { season }))
        },
      ),
    )
  })
})
