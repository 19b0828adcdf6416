import assert from 'node:assert/strict'
import fc from 'fast-check'
import { learnSkill, maySpeak, skillOf, startSkill } from '../../src/forecast/gate.ts'
import { append, createHistory, length } from '../../src/forecast/history.ts'
import { learnSpread, spreadUnit, startSpread } from '../../src/forecast/spread.ts'

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

describe('gate', () => {
  const compared = (readings: number, mae: number): ReturnType<typeof startSkill> => {
    const skill = startSkill()
    for (let i = 0; i < readings; i++) learnSkill(skill, mae, 1)
    return skill
  }

  it('lets the GRU speak only after probation and only while it beats naive', () => {
    assert.equal(maySpeak(compared(47, 0.5), false, 48, 0.5), false)
    const skill = compared(48, 0.5)
    assert.equal(maySpeak(skill, false, 48, 0.5), true)
    for (let i = 0; i < 300; i++) learnSkill(skill, 1.2, 1)
    assert.equal(maySpeak(skill, true, 48, 0.5), false)
  })

  it('asks more of a GRU that was silent than of one that speaks', () => {
    assert.equal(maySpeak(compared(100, 0.99), false, 48, 0.5), false)
    assert.equal(maySpeak(compared(100, 0.99), true, 48, 0.5), true)
  })

  it('asks for far more where the tail held back from the fit says no', () => {
    assert.equal(maySpeak(compared(100, 0.95), false, 48, 0.1), true)
    assert.equal(maySpeak(compared(100, 0.95), false, 48, -0.1), false)
    assert.equal(maySpeak(compared(100, 0.85), false, 48, -0.1), true)
  })

  it('lets no single broken reading decide who speaks', () => {
    const skill = compared(200, 0.5)
    learnSkill(skill, 1e30 * 1.01, 1e30)
    assert.equal(maySpeak(skill, true, 48, 0.5), true)
    for (let i = 0; i < 100; i++) learnSkill(skill, 0.5, 1)
    assert.ok(skillOf(skill)! > 0.45)
  })

  it('counts a perfect naive as unbeatable', () => {
    const skill = startSkill()
    assert.equal(skillOf(skill), null)
    learnSkill(skill, 0, 0)
    assert.equal(skillOf(skill), 0)
    learnSkill(skill, 1, 0)
    assert.equal(maySpeak(skill, false, 1, 1), false)
  })
})
