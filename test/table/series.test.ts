import assert from 'node:assert/strict'
import fc from 'fast-check'
import { toSeries } from '../../src/table/series.ts'

const sparse = fc.array(fc.oneof(fc.constant(Number.NaN), fc.double({ noNaN: true })), { minLength: 1 })

describe('toSeries', () => {
  it('fills with the last value before, at the start with the first there is', () => {
    const values = Float64Array.of(Number.NaN, Number.NaN, 3, Number.NaN, 5, 6, Number.NaN)
    const series = toSeries({ name: 'a', values })
    assert.deepEqual([...series.values], [3, 3, 3, 3, 5, 6, 6])
    assert.deepEqual([...series.observed], [0, 0, 1, 0, 1, 1, 0])
    assert.ok(Number.isNaN(values[0]), 'the column stays as it is')
  })

  it('is the same up to a row, whatever comes after it', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), sparse, sparse, (first, before, after) => {
        const short = Float64Array.of(first, ...before)
        const long = Float64Array.of(first, ...before, ...after)
        const filled = toSeries({ name: 'a', values: long })
        assert.deepEqual(
          filled.values.subarray(0, short.length),
          toSeries({ name: 'a', values: short }).values,
        )
        assert.ok(filled.values.every((value) => !Number.isNaN(value)))
        assert.deepEqual(
          [...filled.observed],
          Array.from(long, (value) => (Number.isNaN(value) ? 0 : 1)),
        )
      }),
    )
  })

  it('refuses a column without a number', () => {
    assert.throws(() => toSeries({ name: 'a', values: Float64Array.of(Number.NaN) }), {
      message: 'column "a" has no number',
    })
  })
})
