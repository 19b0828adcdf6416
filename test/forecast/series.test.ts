import assert from 'node:assert/strict'
import fc from 'fast-check'
import { append, createHistory, length } from '../../src/forecast/history.ts'
import { learnSkill, type SkillState, skillOf, startSkill } from '../../src/forecast/skill.ts'
import { cutChanges, learnSpread, spreadUnit, startSpread } from '../../src/forecast/spread.ts'

describe('history', () => {
  it('holds the newest values in order, up to its capacity', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.array(fc.float({ noNaN: true }), { maxLength: 300 }),
        (capacity, all) => {
          const history = createHistory(capacity)
          for (const [i, value] of all.entries()) append(history, value, i % 3 > 0)
          const { values, observed, first, end } = history
          assert.deepEqual([...values.subarray(first, end)], all.slice(-capacity))
          const marks = all.map((_, i) => (i % 3 > 0 ? 1 : 0)).slice(-capacity)
          assert.deepEqual([...observed.subarray(first, end)], marks)
          assert.equal(length(history), Math.min(capacity, all.length))
        },
      ),
    )
  })
})

describe('spread', () => {
  it('is the population standard deviation of the values, outliers apart', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 16 }),
        (values) => {
          const spread = startSpread()
          for (const value of values) learnSpread(spread, value)
          const mean = values.reduce((sum, v) => sum + v, 0) / values.length
          const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length
          assert.ok(Math.abs(spreadUnit(spread) - Math.sqrt(variance)) < 1e-8)
        },
      ),
    )
  })

  it('is hardly moved by one broken reading', () => {
    const spread = startSpread()
    for (let i = 0; i < 500; i++) learnSpread(spread, i % 2 === 0 ? 1 : -3)
    assert.ok(Math.abs(spreadUnit(spread) - 2) < 0.01)
    learnSpread(spread, 1e30)
    assert.ok(spreadUnit(spread) < 2.2)
  })

  it('is never 0: a constant sensor is no division by zero', () => {
    for (const value of [0, 20, -1e30]) {
      const spread = startSpread()
      assert.ok(spreadUnit(spread) > 0)
      for (let i = 0; i < 50; i++) learnSpread(spread, value)
      assert.ok(spreadUnit(spread) > 0)
    }
  })
})

describe('range of forecasts', () => {
  it('is that of all values, and a tenth of it beyond', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e30, max: 1e30, noNaN: true }), { minLength: 1, maxLength: 40 }),
        fc.array(fc.double({ min: -1e30, max: 1e30, noNaN: true }), { minLength: 1, maxLength: 10 }),
        (values, said) => {
          const spread = startSpread()
          for (const value of values) learnSpread(spread, value)
          const from = values[values.length - 1]
          const [least, most] = [Math.min(...values), Math.max(...values)]
          const beyond = (most - least) / 10
          // A difference of numbers that are far apart is rounded to the larger one's last bit.
          const rounding = 1e-15 * Math.max(Math.abs(least), Math.abs(most))
          const changes = Float64Array.from(said)
          cutChanges(spread, from, changes)
          for (const [h, change] of changes.entries()) {
            assert.ok(from + change >= least - beyond - rounding && from + change <= most + beyond + rounding)
            const inside = from + said[h] > least - beyond && from + said[h] < most + beyond
            if (inside) assert.ok(Math.abs(change - said[h]) <= rounding)
          }
        },
      ),
    )
  })

  it('lets a silent expert stay silent', () => {
    const spread = startSpread()
    for (let i = 0; i < 40; i++) learnSpread(spread, i)
    const changes = new Float64Array(6).fill(Number.NaN)
    cutChanges(spread, 39, changes)
    assert.ok(changes.every(Number.isNaN))
  })
})

describe('skill', () => {
  const compared = (readings: number, mae: number): SkillState => {
    const skill = startSkill()
    for (let i = 0; i < readings; i++) learnSkill(skill, mae, 1)
    return skill
  }

  it('is 1 − MAE / MAE of naive, and follows the newest readings', () => {
    assert.ok(Math.abs(skillOf(compared(48, 0.5))! - 0.5) < 1e-12)
    const skill = compared(48, 0.5)
    for (let i = 0; i < 2000; i++) learnSkill(skill, 1.2, 1)
    assert.ok(Math.abs(skillOf(skill)! + 0.2) < 1e-3)
  })

  it('is not decided by a single broken reading', () => {
    const skill = compared(200, 0.5)
    learnSkill(skill, 1e30 * 1.01, 1e30)
    assert.ok(skillOf(skill)! > 0.4)
    for (let i = 0; i < 100; i++) learnSkill(skill, 0.5, 1)
    assert.ok(skillOf(skill)! > 0.45)
  })

  it('is unknown before anything matured; a perfect naive cannot be beaten', () => {
    const skill = startSkill()
    assert.equal(skillOf(skill), null)
    learnSkill(skill, 0, 0)
    assert.equal(skillOf(skill), 0)
    learnSkill(skill, 1, 0)
    assert.equal(skillOf(skill), Number.NEGATIVE_INFINITY)
  })
})
