import assert from 'node:assert/strict'
import fc from 'fast-check'
import { createRandom } from '../../src/engine/random.ts'
import { learnAnomaly, startAnomaly } from '../../src/forecast/anomaly.ts'

/** Readings before the first likelihood. */
const SILENT = 149
/** Readings from the begin of an alarm to the next that may begin. */
const REFRACTORY = 100

/** Rows at which an alarm begins, where the value before is the forecast. */
function alarmsOf(values: ArrayLike<number>): number[] {
  const state = startAnomaly()
  const alarms: number[] = []
  for (let i = 0; i < values.length; i++) {
    if (learnAnomaly(state, values[i], i > 0 ? values[i - 1] : Number.NaN)?.flagged) alarms.push(i)
  }
  return alarms
}

function noise(length: number, seed = 1): Float64Array {
  const random = createRandom(seed)
  return Float64Array.from({ length }, () => random.normal())
}

describe('anomaly detector', () => {
  it('says nothing before 150 errors, and then how likely an anomaly is', () => {
    const state = startAnomaly()
    for (const value of noise(SILENT)) assert.equal(learnAnomaly(state, value, 0), null)
    const first = learnAnomaly(state, 0, 0)
    assert.ok(first && first.likelihood >= 0 && first.likelihood < 0.98 && !first.flagged)
  })

  it('counts no reading that was not forecast', () => {
    const state = startAnomaly()
    for (const value of noise(1000)) assert.equal(learnAnomaly(state, value, Number.NaN), null)
  })

  it('never flags a constant', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        assert.deepEqual(alarmsOf(new Float64Array(600).fill(value)), [])
      }),
      { numRuns: 50 },
    )
  })

  it('flags the first change of a constant at once', () => {
    const values = new Float64Array(1000).fill(20.1)
    values[700] = 20.2
    assert.deepEqual(alarmsOf(values), [700])
  })

  it('leaves noise alone', () => {
    assert.deepEqual(alarmsOf(noise(5000)), [])
  })

  it('flags a sentinel once, and is not blind to what follows', () => {
    const values = noise(2000)
    values[1000] = -9999
    for (let i = 1200; i < 1300; i++) values[i] += 8
    const alarms = alarmsOf(values)
    assert.equal(alarms[0], 1000)
    assert.equal(alarms.length, 2)
    assert.ok(alarms[1] >= 1200 && alarms[1] < 1210, `${alarms}`)
  })

  it('flags a new level, a wilder course, and a sentinel in a burst', () => {
    const level = noise(1500).map((x, i) => x + (i >= 1000 ? 6 : 0))
    const wilder = noise(1500).map((x, i) => x * (i >= 1000 ? 8 : 1))
    const burst = noise(1500).map((x, i) => (i >= 1000 && i < 1010 ? -9999 : x))
    for (const values of [level, wilder, burst]) {
      const [first] = alarmsOf(values)
      assert.ok(first >= 1000 && first < 1020, `${first}`)
    }
  })

  it('gives fewer alarms for what comes again and again', () => {
    const values = noise(12_000).map((x, i) => x + (i % 250 < 15 ? 5 : 0))
    const alarms = alarmsOf(values)
    const early = alarms.filter((i) => i < 3000).length
    const late = alarms.filter((i) => i >= 9000).length
    assert.ok(late < early, `${early}, later ${late}`)
  })

  it('begins no alarm within the refractory time, and keeps likelihoods between 0 and 1, whatever the values', () => {
    const anything = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constantFrom(0, -9999, 1e6, 1e308, -1e308),
      fc.integer({ min: -3, max: 3 }),
    )
    fc.assert(
      fc.property(fc.array(anything, { minLength: 200, maxLength: 800 }), (values) => {
        const state = startAnomaly()
        let last = Number.NEGATIVE_INFINITY
        for (const [i, value] of values.entries()) {
          const surprise = learnAnomaly(state, value, values[i - 1] ?? Number.NaN)
          if (!surprise) continue
          assert.ok(surprise.likelihood >= 0 && surprise.likelihood <= 1, `${surprise.likelihood}`)
          if (!surprise.flagged) continue
          assert.ok(i - last >= REFRACTORY)
          last = i
        }
      }),
    )
  })

  it('is not blind after a wild beginning', () => {
    const values = noise(3000)
    values[0] = -9999
    values[3] = 1e6
    values[5] = 1e300
    for (let i = 2000; i < 2100; i++) values[i] += 8
    const alarms = alarmsOf(values)
    assert.ok(
      alarms.some((i) => i >= 2000 && i < 2010),
      `${alarms}`,
    )
  })

  it('does not depend on the unit', () => {
    const values = noise(1500).map((x, i) => x + (i >= 1000 ? 3 : 0))
    fc.assert(
      fc.property(fc.integer({ min: -40, max: 40 }), (power) => {
        assert.deepEqual(alarmsOf(values.map((x) => x * 2 ** power)), alarmsOf(values))
      }),
      { numRuns: 20 },
    )
  })

  it('goes on from a copy of its state as if never stopped', () => {
    const values = noise(800).map((x, i) => x + (i % 300 > 280 ? 6 : 0))
    const state = startAnomaly()
    const copyAt = 400
    for (let i = 0; i < copyAt; i++) learnAnomaly(state, values[i], 0)
    const copy = structuredClone(state)
    for (let i = copyAt; i < values.length; i++) {
      assert.deepEqual(learnAnomaly(copy, values[i], 0), learnAnomaly(state, values[i], 0))
    }
  })
})
