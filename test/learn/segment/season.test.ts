import assert from 'node:assert/strict'
import { createRandom } from '../../../src/engine/random.ts'
import { detectSeason, sharedSeason } from '../../../src/learn/segment/season.ts'
import { waveValues } from './series.ts'

const noise = (length: number, seed: number): Float64Array => {
  const random = createRandom(seed)
  return Float64Array.from({ length }, () => random.normal())
}

describe('season detection', () => {
  it('finds the period of a noisy, drifting pattern', () => {
    for (const period of [7, 12, 24, 96, 144]) {
      const values = waveValues(period * 12, period, 1).map((v, i) => v + (3 * i) / period)
      const found = detectSeason(values)
      assert.ok(Math.abs(found - period) <= 0.03 * period + 0.5, `${found} for ${period}`)
    }
  })

  it('finds periods of up to half of the newest 8,192 steps', () => {
    const found = detectSeason(waveValues(20_000, 4000, 0))
    assert.ok(Math.abs(found - 4000) <= 20, `${found}`)
    assert.equal(detectSeason(waveValues(20_000, 4500, 0)), 0)
  })

  it('takes what is new: the pattern before the newest 8,192 steps is forgotten', () => {
    const values = waveValues(20_000, 12, 0)
    values.set(waveValues(8192, 50, 0), 20_000 - 8192)
    assert.equal(detectSeason(values), 50)
  })

  it('finds the day of a week whose days are not all the same', () => {
    const values = waveValues(24 * 7 * 6, 24, 0.3).map((v, i) => v + (Math.floor(i / 24) % 7 > 4 ? 1 : 0))
    assert.equal(detectSeason(values), 24)
  })

  it('finds the week where only the week repeats', () => {
    const random = createRandom(5)
    const week = Float64Array.from({ length: 7 * 8 }, () => random.normal())
    assert.equal(detectSeason(Float64Array.from({ length: 56 * 6 }, (_, i) => week[i % 56])), 56)
  })

  it('finds none in a straight line, a constant, noise or what has not repeated', () => {
    assert.equal(detectSeason(Float64Array.from({ length: 500 }, (_, i) => i)), 0)
    assert.equal(detectSeason(new Float64Array(500).fill(0.1)), 0)
    assert.equal(detectSeason(waveValues(30, 24, 0)), 0)
    assert.equal(detectSeason(new Float64Array(0)), 0)
    for (let seed = 0; seed < 20; seed++) assert.equal(detectSeason(noise(500, seed)), 0, `noise ${seed}`)
  })

  it('finds nothing longer than half of the series in a random walk', () => {
    for (let seed = 0; seed < 20; seed++) {
      let sum = 0
      const found = detectSeason(noise(300, seed).map((v) => (sum += v)))
      assert.ok(Number.isInteger(found) && found >= 0 && found <= 150, `${found}`)
    }
  })
})

describe('the season of a table', () => {
  const shared = (...columns: Float64Array[]): number => sharedSeason(columns)

  it('is that of most of its columns', () => {
    assert.equal(
      shared(waveValues(480, 24, 0.5, 1), waveValues(480, 24, 0.5, 2), waveValues(480, 60, 0.5, 3)),
      24,
    )
    assert.equal(
      shared(waveValues(480, 60, 0.5, 1), waveValues(480, 60, 0.5, 2), waveValues(480, 24, 0.5, 3)),
      60,
    )
  })

  it('counts a multiple of it as half, and takes the shorter of two that as many have', () => {
    assert.equal(shared(waveValues(480, 48, 0, 1), waveValues(480, 24, 0, 2)), 24)
    assert.equal(shared(waveValues(480, 50, 0, 1), waveValues(480, 24, 0, 2)), 24)
  })

  it('is 0 without columns, without a season, and where fewer than a quarter agree', () => {
    assert.equal(shared(), 0)
    assert.equal(shared(noise(400, 1), noise(400, 2)), 0)
    const others = [1, 2, 3, 4].map((seed) => noise(400, seed))
    assert.equal(shared(waveValues(480, 24, 0), ...others), 0)
    assert.equal(shared(waveValues(480, 24, 0), ...others.slice(1)), 24)
  })

  it('asks some columns of a wide table, from its first to its last', () => {
    const columns = Array.from({ length: 120 }, (_, i) => waveValues(240, 24, 0.5, i))
    assert.equal(sharedSeason(columns), 24)
    assert.equal(sharedSeason(columns.map((column, i) => (i % 10 === 0 ? column : noise(240, i)))), 24)
  })
})
