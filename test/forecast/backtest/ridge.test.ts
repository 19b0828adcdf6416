import assert from 'node:assert/strict'
import fc from 'fast-check'
import { createRandom } from '../../../src/engine/random.ts'
import { solveCholesky } from '../../../src/forecast/backtest/cholesky.ts'
import { createPace } from '../../../src/forecast/backtest/pace.ts'
import { fitRidge, ridgeLags } from '../../../src/forecast/backtest/ridge.ts'
import { days } from './tables.ts'

describe('ridge regression', () => {
  it('solves any positive definite system', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 0, max: 1e6 }),
        (n, m, seed) => {
          const random = createRandom(seed)
          const M = Float64Array.from({ length: n * n }, () => random.normal())
          const A = new Float64Array(n * n)
          for (let i = 0; i < n; i++) {
            for (let j = 0; j < n; j++) {
              for (let k = 0; k < n; k++) A[i * n + j] += M[i * n + k] * M[j * n + k]
            }
            A[i * n + i] += 1
          }
          const X = Float64Array.from({ length: n * m }, () => random.normal())
          const B = new Float64Array(n * m)
          for (let i = 0; i < n; i++) {
            for (let c = 0; c < m; c++) {
              for (let k = 0; k < n; k++) B[i * m + c] += A[i * n + k] * X[k * m + c]
            }
          }
          solveCholesky(A, B, n, m)
          for (const [i, x] of X.entries()) assert.ok(Math.abs(B[i] - x) < 1e-8)
        },
      ),
    )
  })

  it('takes the newest values and those of seasons ago that enough origins have seen', () => {
    const newest = Array.from({ length: 24 }, (_, j) => j + 1)
    assert.deepEqual(ridgeLags(0, 1e5), newest)
    assert.deepEqual(ridgeLags(96, 1e5), [...newest, 30, 36, 42, 94, 95, 96, 97, 191, 192, 288, 671, 672])
    assert.deepEqual(ridgeLags(24, 1e5), [...newest, 25, 47, 48, 72, 167, 168])
    assert.deepEqual(ridgeLags(24, 400), [...newest, 25, 47, 48, 72])
    assert.deepEqual(ridgeLags(2, 12), [1, 2, 3])
    assert.deepEqual(ridgeLags(24, -5), [])
  })

  it('learns a linear law exactly, at every step ahead', async () => {
    // x_t = 2·cos(ω)·x_{t−1} − x_{t−2}: any sine, whatever its phase.
    const wave = Float64Array.from({ length: 600 }, (_, t) => 5 + 1000 * Math.sin(0.37 * t))
    const ridge = await fitRidge(wave, { from: 0, to: 400 }, 8, 700, 0, createPace())
    const mean = new Float64Array(8)
    for (let t = 450; t < 590; t++) {
      ridge.forecast(wave, t, mean)
      for (const [h, v] of mean.entries()) assert.ok(Math.abs(v - wave[t + 1 + h]) < 1)
    }
  })

  it('comes near the noise, also where not every origin is taken, and does not read later rows', async () => {
    const { values } = days(27_000, 1).columns[0]
    const rows = { from: 0, to: 26_000 }
    const ridge = await fitRidge(values, rows, 12, 2, 12, createPace())
    const later = values.map((v, t) => (t < rows.to ? v : -v))
    const same = await fitRidge(later, rows, 12, 2, 12, createPace())
    const [mean, again] = [new Float64Array(12), new Float64Array(12)]
    let error = 0
    for (let t = rows.to; t < rows.to + 600; t++) {
      ridge.forecast(values, t, mean)
      same.forecast(values, t, again)
      assert.deepEqual(mean, again)
      for (const [h, v] of mean.entries()) error += (v - values[t + 1 + h]) ** 2 / (600 * 12)
    }
    // The noise alone has .09; what 33 noisy values know of the wave adds a tenth.
    assert.ok(error < 0.11, `${error}`)
  })

  it('says the last value where there is nothing to learn from', async () => {
    const flat = new Float64Array(60).fill(-4)
    for (const rows of [
      { from: 0, to: 60 },
      { from: 0, to: 3 },
    ]) {
      const ridge = await fitRidge(flat, rows, 5, 1, 12, createPace())
      const mean = new Float64Array(5)
      ridge.forecast(flat, 50, mean)
      assert.deepEqual([...mean], [-4, -4, -4, -4, -4])
    }
  })
})
