import assert from 'node:assert/strict'
import fc from 'fast-check'
import { learnSkill, maySpeak, skillOf, startSkill } from '../../src/forecast/gate.ts'
import { append, createHistory, length } from '../../src/forecast/history.ts'
import { learnScale, scaleOf, startScale } from '../../src/forecast/scale.ts'

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

describe('scale', () => {
  it('is the mean change, hardly moved by one broken reading', () => {
    const scale = startScale()
    for (let i = 0; i < 500; i++) learnScale(scale, i % 2 === 0 ? 1 : -3)
    assert.ok(Math.abs(scaleOf(scale, 20) - 2) < 0.01)
    learnScale(scale, 1e6)
    assert.ok(scaleOf(scale, 20) < 2.1)
  })

  it('is never 0: a constant sensor is no division by zero', () => {
    const scale = startScale()
    for (let i = 0; i < 50; i++) learnScale(scale, 0)
    assert.ok(scaleOf(scale, 0) > 0)
    assert.ok(scaleOf(scale, 20) > 0)
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
