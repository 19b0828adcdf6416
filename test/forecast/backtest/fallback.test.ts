import assert from 'node:assert/strict'
import { createFallback } from '../../../src/forecast/backtest/fallback.ts'

const NONE = Number.NaN

function issuedAfter(values: readonly number[], coverage = 0.9): [number[], number[]] {
  const fallback = createFallback(coverage)
  for (const value of values) fallback.push(value)
  const [mean, lower, upper] = [0, 0, 0].map(() => new Float64Array(5).fill(NONE))
  fallback.write(mean, lower, upper, 1, 4)
  // What is written is written from 1 on.
  for (const part of [mean, lower, upper]) assert.ok(Number.isNaN(part[0]))
  const half = (edge: Float64Array): number[] => rounded(mean.map((v, i) => Math.abs(v - edge[i])).slice(1))
  assert.deepEqual(half(upper), half(lower))
  return [[...mean.slice(1)], half(lower)]
}

const rounded = (values: Iterable<number>): number[] => Array.from(values, (v) => Math.round(v * 1e6) / 1e6)

describe('the forecast of a column whose stream has none', () => {
  it('is the last value, 0 before any, with a width of 0 as long as no change is known', () => {
    assert.deepEqual(issuedAfter([]), [
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ])
    assert.deepEqual(issuedAfter([NONE, 8, NONE, NONE]), [
      [8, 8, 8, 8],
      [0, 0, 0, 0],
    ])
  })

  it('has the interval of a random walk, which grows with the rows since the last value', () => {
    const [mean, halves] = issuedAfter([0, 2, 0, 2])
    assert.deepEqual(mean, [2, 2, 2, 2])
    assert.deepEqual(halves, rounded([1, 2, 3, 4].map((h) => 2 * Math.sqrt(h))))
    const [, later] = issuedAfter([0, 2, 0, 2, NONE, NONE])
    assert.deepEqual(later, rounded([3, 4, 5, 6].map((h) => 2 * Math.sqrt(h))))
    // Six in four rows is as lively as three in one.
    const [, gaps] = issuedAfter([0, NONE, NONE, NONE, 6, NONE, NONE, NONE, 0])
    assert.deepEqual(gaps, rounded([1, 2, 3, 4].map((h) => 3 * Math.sqrt(h))))
  })

  it('takes the conformal quantile of the newest 256 changes', () => {
    const steps = [...Array.from({ length: 50 }, () => 1e9), ...Array.from({ length: 256 }, (_, i) => i + 1)]
    let value = 0
    const values = [0, ...steps.map((step, i) => (value += i % 2 === 0 ? step : -step))]
    const [, halves] = issuedAfter(values, 0.5)
    assert.equal(halves[0], Math.ceil(257 / 2))
  })

  it('is what the stream forecast last, moved on by the rows since, where it only has no reading', () => {
    const fallback = createFallback(0.9)
    const written = (): number[][] => {
      const [mean, lower, upper] = [0, 0, 0].map(() => new Float64Array(4))
      fallback.write(mean, lower, upper, 0, 4)
      return [[...mean], [...lower], [...upper]]
    }
    fallback.push(5)
    fallback.issued({ mean: [1, 2, 3, 4], lower: [0, 1, 2, 3], upper: [2, 3, 4, 6] })
    assert.deepEqual(written(), [
      [1, 2, 3, 4],
      [0, 1, 2, 3],
      [2, 3, 4, 6],
    ])
    fallback.push(NONE)
    fallback.push(NONE)
    assert.deepEqual(written(), [
      [3, 4, 4, 4],
      [2, 3, 3, 3],
      [4, 6, 6, 6],
    ])
    for (let row = 0; row < 9; row++) fallback.push(NONE)
    assert.deepEqual(written()[0], [4, 4, 4, 4])
  })
})
