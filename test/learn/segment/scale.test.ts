import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  learnScale,
  type ScaleState,
  scaleLag,
  scaleOf,
  startScale,
  unitOf,
} from '../../../src/learn/segment/scale.ts'

describe('the scale of changes', () => {
  const seen = (changes: Iterable<number>, lag = 6): ScaleState => {
    const scale = startScale()
    for (const change of changes) learnScale(scale, change, lag)
    return scale
  }

  it('compares over half a season, or half a segment without one, and at least a step', () => {
    assert.deepEqual(
      [scaleLag(24, 48), scaleLag(25, 48), scaleLag(0, 48), scaleLag(1, 48), scaleLag(0, 1)],
      [12, 12, 24, 1, 1],
    )
  })

  it('is the mean size of changes, until they fill thirty seasons', () => {
    const { mean, count } = seen([1, -3, 2, -2])
    assert.deepEqual([mean, count], [2, 4])
  })

  it('then forgets as fast as it learns', () => {
    const scale = seen(new Array(1000).fill(1))
    learnScale(scale, 2, 6)
    assert.ok(Math.abs(scale.mean - (1 + 1 / 360)) < 1e-12)
    const lasting = seen(new Array(360).fill(2), 6)
    for (let i = 0; i < 360; i++) learnScale(lasting, 1, 6)
    // What is one window old counts 1/e.
    assert.ok(Math.abs(lasting.mean - (1 + Math.exp(-1))) < 0.002, `${lasting.mean}`)
  })

  it('takes a wild change for eight times the mean, once sixteen have been seen', () => {
    const settled = seen([...new Array(16).fill(1), 1e30])
    assert.ok(Math.abs(settled.mean - (1 + 7 / 17)) < 1e-12)
    assert.equal(seen([...new Array(15).fill(1), 1001]).mean, 63.5)
    // A sensor that has stood still so far would else never be let go.
    assert.equal(seen([...new Array(19).fill(0), 20]).mean, 1)
  })

  it('is the unit for the first segment and where it is fixed, and at least a twentieth of it', () => {
    const scale = seen([3, 3, 3])
    assert.equal(scaleOf('fixed', scale, 7, 1), 7)
    assert.equal(scaleOf('running', scale, 7, 4), 7)
    assert.equal(scaleOf('running', scale, 7, 3), 3)
    assert.equal(scaleOf('running', seen([0, 0, 0, 0]), 7, 4), 0.05 * 7)
  })

  it('is positive and finite for all readings', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -2e30, max: 2e30, noNaN: true }), { maxLength: 60 }),
        fc.double({ min: 0, max: 1e30, noNaN: true }),
        fc.double({ min: -1e30, max: 1e30, noNaN: true }),
        (changes, deviation, mean) => {
          const unit = unitOf(deviation, mean)
          const scale = scaleOf('running', seen(changes), unit, 4)
          assert.ok(scale > 0 && Number.isFinite(scale) && Number.isFinite(1 / scale), `${scale}`)
        },
      ),
    )
  })

  it('has the standard deviation as its unit, and for constants a trifle of the mean', () => {
    assert.equal(unitOf(2, 100), 2)
    assert.equal(unitOf(0, -100), 100 * 1e-9)
    assert.ok(unitOf(0, 0) > 0)
  })
})
