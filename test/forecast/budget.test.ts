import assert from 'node:assert/strict'
import { createBudget } from '../../src/forecast/budget.ts'

describe('the budget of a net that learns on', () => {
  it('has an update for every 28 readings where time does not count, sixteen at once at most', () => {
    const budget = createBudget(null, false)
    assert.equal(budget.due(), 0)
    budget.earn(27)
    assert.equal(budget.due(), 0)
    budget.earn(30)
    assert.equal(budget.due(), 2)
    budget.ask(2)
    budget.spend(2, 1e9)
    assert.equal(budget.due(), 0)
    budget.earn(27)
    assert.equal(budget.due(), 1)
    budget.earn(1e6)
    assert.equal(budget.due(), 16)
  })

  it('has those that a reading pays for, by what updates have cost', () => {
    const budget = createBudget(0.1, true)
    // An update is taken to cost 5 ms.
    budget.earn(49)
    assert.equal(budget.due(), 0)
    budget.earn(1)
    assert.equal(budget.due(), 1)
    budget.ask(1)
    budget.spend(1, 15)
    // Of the 10 ms that it has cost too much, and the 7 ms that the next will cost.
    budget.earn(169)
    assert.equal(budget.due(), 0)
    budget.earn(2)
    assert.equal(budget.due(), 1)
  })

  it('does not save up for long', () => {
    const budget = createBudget(1000, true)
    for (let i = 0; i < 100; i++) budget.earn(1000)
    assert.equal(budget.due(), 16)
    budget.ask(16)
    budget.spend(16, 80)
    assert.equal(budget.due(), 0)
  })

  it('takes no more than a twentieth of a core where nothing is said', () => {
    const budget = createBudget(null, true)
    const since = performance.now()
    let made = 0
    for (let i = 0; i < 1000; i++) {
      budget.earn(28)
      const due = budget.due()
      budget.ask(due)
      budget.spend(due, 5 * due)
      made += due
    }
    assert.ok(5 * made <= 0.05 * (performance.now() - since))
  })
})
