import assert from 'node:assert/strict'
import { createRandom } from '../../../src/engine/random.ts'
import { type SplitSeries, splitSeries } from '../../../src/learn/segment/data.ts'
import { createWalk } from '../../../src/learn/segment/walk.ts'
import { wave } from './series.ts'

const SEGMENT = 4

/** Series that all teach, of so many steps. */
const series = (...lengths: number[]): SplitSeries[] =>
  lengths.map((length, seed) =>
    splitSeries({ ...wave(length, 12, 0.2, seed), trainEnd: length }, 0, SEGMENT, 6),
  )

describe('walkers through series', () => {
  it('begin anywhere, in the state zero: every row is about equally likely', () => {
    const lengths = [100, 10, 290]
    const walkers = 40_000
    const { places, states } = createWalk(series(...lengths), walkers, 3, SEGMENT, createRandom(1))
    const counts = lengths.map((length) => new Float64Array(length))
    for (let walker = 0; walker < walkers; walker++) counts[places[2 * walker]][places[2 * walker + 1]]++
    // 100 walkers a row; the largest of 400 deviations from that is below five standard deviations.
    for (const rows of counts) for (const count of rows) assert.ok(Math.abs(count - 100) < 50, `${count}`)
    assert.equal(states.length, 3 * walkers)
    assert.ok(states.every((v) => v === 0))
  })

  it('are chosen without one twice, each about as often', () => {
    const walk = createWalk(series(50), 64, 1, SEGMENT, createRandom(1))
    const random = createRandom(2)
    const turns = new Float64Array(64)
    for (let i = 0; i < 2000; i++) {
      const chosen = walk.choose(16, random)
      assert.equal(new Set(chosen).size, 16)
      for (const walker of chosen) turns[walker]++
    }
    for (const count of turns) assert.ok(Math.abs(count - 500) < 100, `${count}`)
    assert.deepEqual(
      [...walk.choose(64, random)].sort((a, b) => a - b),
      [...turns.keys()],
    )
  })

  it('turn back at the end of a series, to the first segment of one and the state zero', () => {
    const all = series(30, 90)
    const walk = createWalk(all, 2000, 2, SEGMENT, createRandom(1))
    const random = createRandom(3)
    walk.states.fill(7)
    const visits = [0, 0]
    for (let walker = 0; walker < 2000; walker++) {
      const [s, at] = walk.places.subarray(2 * walker, 2 * walker + 2)
      // The last row of a series has no target.
      const ends = at >= all[s].trainEnd - 1
      assert.equal(walk.turnBack(walker, random), ends)
      if (ends) continue
      assert.deepEqual([...walk.places.subarray(2 * walker, 2 * walker + 2)], [s, at])
      walk.places[2 * walker + 1] = all[s].trainEnd - 1 + (walker % 9)
      assert.equal(walk.turnBack(walker, random), true)
      const [next, start] = walk.places.subarray(2 * walker, 2 * walker + 2)
      assert.ok(start >= 0 && start < SEGMENT)
      visits[next]++
      assert.deepEqual([...walk.states.subarray(2 * walker, 2 * walker + 2)], [0, 0])
    }
    // Series are gone on with in proportion to their rows.
    assert.ok(Math.abs(visits[1] / (visits[0] + visits[1]) - 0.75) < 0.05, `${visits}`)
  })

  it('pass by series that teach nothing', () => {
    const none = { ...series(20)[0], trainEnd: 0 }
    const { places } = createWalk([none, ...series(20), none], 500, 1, SEGMENT, createRandom(1))
    assert.ok(places.every((v, i) => i % 2 === 1 || v === 1))
  })
})
