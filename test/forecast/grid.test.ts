import assert from 'node:assert/strict'
import fc from 'fast-check'
import { createRandom } from '../../src/engine/random.ts'
import { detectPeriod, placeOnGrid, startGrid } from '../../src/forecast/grid.ts'

const T0 = Date.UTC(2026, 0, 5)

describe('grid', () => {
  it('detects the period from the median distance, whatever the jitter and a few gaps', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 10, max: 100_000 }),
        fc.array(fc.double({ min: -0.2, max: 0.2, noNaN: true }), { minLength: 8, maxLength: 20 }),
        (period, jitter) => {
          const times = jitter.map((share, i) => T0 + (i + (i > 5 ? 3 : 0)) * period + share * period)
          const found = detectPeriod(times)
          assert.ok(Math.abs(found - period) <= 0.4 * period, `${found} for ${period}`)
        },
      ),
    )
  })

  it('detects the period of a sensor that sends everything twice', () => {
    const times = [0, 20, 10_000, 10_020, 20_000, 20_020, 30_000, 30_020].map((t) => T0 + t)
    assert.equal(detectPeriod(times), 9980)
  })

  it('is not misled by one old reading before the others', () => {
    assert.equal(detectPeriod([T0 - 86_400_000, ...[0, 1, 2, 3, 4, 5, 6].map((i) => T0 + i * 1000)]), 1000)
  })

  it('keeps the period near what was detected, however irregular the arrivals', () => {
    const random = createRandom(4)
    const grid = startGrid(1000, T0)
    for (let i = 0, time = T0; i < 20_000; i++) {
      time += -1000 * Math.log(1 - random.uniform())
      placeOnGrid(grid, time, 48, true)
    }
    assert.ok(Math.abs(grid.period - 1000) <= 100, `period ${grid.period}`)
  })

  it('says that a detected period is lost after three readings ahead in a row, a given one never', () => {
    const kinds = (detected: boolean): string[] => {
      const grid = startGrid(1000, T0)
      return [1, 2, 3, 4].map((i) => placeOnGrid(grid, T0 + i * 60_000, 48, detected).kind)
    }
    assert.deepEqual(kinds(true).slice(0, 3), ['ahead', 'ahead', 'lost'])
    assert.deepEqual(kinds(false), ['ahead', 'ahead', 'ahead', 'ahead'])
  })

  it('has no period for readings of one instant', () => {
    assert.equal(detectPeriod([T0, T0, T0]), 0)
  })

  it('counts every missing step of a steady sensor', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 1, maxLength: 50 }), (strides) => {
        const grid = startGrid(1000, T0)
        let step = 0
        for (const stride of strides) {
          step += stride
          assert.deepEqual(placeOnGrid(grid, T0 + step * 1000, 48, true), {
            kind: 'step',
            missing: stride - 1,
          })
          assert.equal(grid.cutoff, T0 + step * 1000)
        }
      }),
    )
  })

  it('takes jittered readings one step each, without false gaps', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -0.35, max: 0.35, noNaN: true }), { minLength: 50, maxLength: 200 }),
        (jitter) => {
          const grid = startGrid(1000, T0)
          for (const [i, share] of jitter.entries()) {
            const placed = placeOnGrid(grid, T0 + (i + 1 + share) * 1000, 48, true)
            assert.deepEqual(placed, { kind: 'step', missing: 0 })
          }
        },
      ),
    )
  })

  it('follows a sensor whose clock runs 1 % fast for ever', () => {
    const grid = startGrid(1000, T0)
    for (let i = 1; i <= 5000; i++) {
      assert.deepEqual(placeOnGrid(grid, T0 + i * 990, 48, true), { kind: 'step', missing: 0 })
    }
    assert.ok(Math.abs(grid.period - 990) < 0.1, `period ${grid.period}`)
  })

  it('leaves a period that was given as it is', () => {
    const grid = startGrid(1000, T0)
    for (let i = 1; i <= 100; i++) placeOnGrid(grid, T0 + i * 1003, 48, false)
    assert.equal(grid.period, 1000)
  })

  it('tells duplicates, second readings of a step and late readings apart, and none of them moves the grid', () => {
    const grid = startGrid(1000, T0)
    placeOnGrid(grid, T0 + 1000, 48, true)
    const before = { ...grid }
    assert.deepEqual(placeOnGrid(grid, T0 + 1000, 48, true), { kind: 'duplicate' })
    assert.deepEqual(placeOnGrid(grid, T0 + 1300, 48, true), { kind: 'extra' })
    assert.deepEqual(placeOnGrid(grid, T0 + 500, 48, true), { kind: 'late' })
    assert.equal(grid.cutoff, before.cutoff)
    assert.equal(grid.period, before.period)
    assert.deepEqual(placeOnGrid(grid, T0 + 2000, 48, true), { kind: 'step', missing: 0 })
  })

  it('begins anew after a long gap or a clock set forward, once a second reading confirms it', () => {
    for (const ahead of [50_000, 10 * 365 * 86_400_000]) {
      const grid = startGrid(1000, T0)
      assert.deepEqual(placeOnGrid(grid, T0 + ahead, 48, true), { kind: 'ahead' })
      assert.equal(grid.cutoff, T0)
      assert.deepEqual(placeOnGrid(grid, T0 + ahead, 48, true), { kind: 'duplicate' })
      assert.deepEqual(placeOnGrid(grid, T0 + ahead + 1000, 48, true), { kind: 'resume' })
      assert.equal(grid.cutoff, T0 + ahead)
      assert.deepEqual(placeOnGrid(grid, T0 + ahead + 1000, 48, true), { kind: 'step', missing: 0 })
    }
  })

  it('lets no single timestamp of the future move the grid', () => {
    const grid = startGrid(1000, T0)
    for (let i = 1; i <= 20; i++) {
      assert.equal(placeOnGrid(grid, T0 + i * 1000, 48, true).kind, 'step')
      assert.equal(placeOnGrid(grid, Date.UTC(2099, 0, i), 48, true).kind, 'ahead')
    }
  })

  it('believes in a clock set back once five newer readings in a row say so', () => {
    const grid = startGrid(1000, T0)
    const kinds = [1, 2, 3, 4, 5, 6].map((i) => placeOnGrid(grid, T0 - 3_600_000 + i * 1000, 48, true).kind)
    assert.deepEqual(kinds, ['late', 'late', 'late', 'late', 'restart', 'step'])
  })

  it('does not take scattered late readings for a clock set back', () => {
    const grid = startGrid(1000, T0)
    for (let i = 1; i <= 20; i++) {
      assert.equal(placeOnGrid(grid, T0 + i * 1000, 48, true).kind, 'step')
      assert.equal(placeOnGrid(grid, T0 + i * 1000 - 5000, 48, true).kind, 'late')
    }
  })
})
