import assert from 'node:assert/strict'
import fc from 'fast-check'
import { createRandom } from '../../../src/engine/random.ts'
import { createIntervals, startIntervals } from '../../../src/forecast/interval/intervals.ts'
import { type Simulated, shareHeld, simulate, winkler } from './simulated.ts'

const COVERAGES = [0.9, 0.5, 0.95, 0.8]

/** One error per origin, the same for all steps. */
function stream(readings: number, errorAt: (origin: number) => number): Simulated {
  const errors = Float64Array.from({ length: readings }, (_, origin) => errorAt(origin))
  return { horizon: 1, coverages: COVERAGES, readings, error: (origin) => errors[origin] }
}

const sides =
  (below: (origin: number) => number, above = below) =>
  (origin: number): [number, number] => [below(origin), above(origin)]

describe('intervals', () => {
  const random = createRandom(7)
  let scale = 1
  const drift = (): number => {
    scale *= Math.exp(0.02 * random.normal())
    return scale
  }
  const streams: Record<string, Simulated> = {
    'noise that grows and shrinks': stream(8000, (t) => random.normal() * (1 + 0.8 * Math.sin(t / 300))),
    'heavy tails': stream(
      8000,
      () => random.normal() / Math.sqrt(0.5 * (random.normal() ** 2 + random.normal() ** 2)),
    ),
    'a drifting scale': stream(8000, () => random.normal() * drift()),
    'errors to one side': stream(8000, () => Math.abs(random.normal()) - 0.2),
    'a net that tells where errors are large': {
      ...stream(8000, (t) => random.normal() * (t % 24 < 6 ? 5 : 1)),
      sides: sides((t) => (t % 24 < 6 ? 8 : 1.6)),
    },
    'a net that is wrong': {
      ...stream(8000, (t) => random.normal() * (t % 24 < 6 ? 5 : 1)),
      sides: sides((t) => (t % 24 < 6 ? 0.1 : 30)),
    },
  }
  for (const [name, simulated] of Object.entries(streams)) {
    it(`hold their share of the truths in the long run: ${name}`, () => {
      const issued = simulate(simulated)
      for (const [c, coverage] of COVERAGES.entries()) {
        const held = shareHeld(simulated, issued, c, 0, 200)
        assert.ok(Math.abs(held - coverage) < 0.012, `${coverage}: ${held}`)
      }
    })
  }

  it('are narrower with a net that tells where errors are large, and hardly worse with one that is wrong', () => {
    const told = streams['a net that tells where errors are large']
    const wrong = streams['a net that is wrong']
    const score = (of: Simulated): number => winkler(of, simulate(of), 0, 0, 2000)
    const alone = (of: Simulated): number => score({ ...of, sides: undefined })
    assert.ok(score(told) < 0.85 * alone(told), `${score(told)}, alone ${alone(told)}`)
    assert.ok(score(wrong) < 1.05 * alone(wrong), `${score(wrong)}, alone ${alone(wrong)}`)
  })

  it('hold those of less coverage, step by step, whatever comes', () => {
    const any = fc.double({ min: -1e9, max: 1e9 })
    const side = fc.oneof(
      fc.double({ min: 0, max: 1e6 }),
      fc.constantFrom(0, Number.NaN, Number.POSITIVE_INFINITY),
    )
    const readings = fc.array(fc.tuple(any, side, side), { minLength: 1, maxLength: 80 })
    fc.assert(
      fc.property(readings, (all) => {
        const horizon = 12
        const issued = simulate({
          horizon,
          coverages: COVERAGES,
          readings: all.length,
          error: (origin, h) => all[(origin + h) % all.length][0],
          sides: (origin) => [all[origin][1], all[origin][2]],
        })
        for (const { down, up } of issued.slice(1)) {
          for (let h = 0; h < horizon; h++) {
            for (const limits of [down, up]) {
              const [nine, five, most, eight] = COVERAGES.map((_, c) => limits[c * horizon + h])
              if (Number.isNaN(nine)) continue
              assert.ok(
                0 <= five &&
                  five <= eight &&
                  eight <= nine &&
                  nine <= most &&
                  most < Number.POSITIVE_INFINITY,
              )
            }
          }
        }
      }),
    )
  })

  it('go on to the last bit from a copy of their state', () => {
    const simulated: Simulated = {
      ...streams['a drifting scale'],
      horizon: 30,
      readings: 300,
      sides: sides((t) => 1 + (t % 5)),
    }
    const state = startIntervals(30, COVERAGES)
    simulate(simulated, createIntervals(COVERAGES, state))
    const copy = structuredClone(state)
    const first = simulate(simulated, createIntervals(COVERAGES, state))
    const second = simulate(simulated, createIntervals(COVERAGES, copy))
    assert.deepEqual(first, second)
    assert.deepEqual(copy, state)
  })

  it('have no width where there are no errors', () => {
    const issued = simulate({ ...stream(1000, () => 0), horizon: 24, sides: sides(() => 1) })
    for (const { down, up } of issued.slice(1)) {
      assert.ok([...down, ...up].every((limit) => limit === 0))
    }
  })

  it('are as wide as errors that are always the same', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), (error) => {
        const { down, up } = simulate(stream(300, () => error)).at(-1) ?? assert.fail()
        assert.ok([...down, ...up].every((limit) => limit > error / 1.25 && limit < error * 1.25))
      }),
      { numRuns: 20 },
    )
  })

  it('are what they were soon after a broken reading', () => {
    const broken = stream(2000, (t) => (t === 1000 ? 1e9 : random.normal()))
    const issued = simulate({ ...broken, sides: sides(() => 1.6) })
    const widest = (from: number, to: number): number =>
      Math.max(...issued.slice(from, to).map(({ up }) => up[0]))
    assert.ok(widest(1001, 1050) < 4 * widest(800, 1000), `${widest(1001, 1050)}`)
    assert.ok(widest(1050, 1500) < 1.5 * widest(800, 1000), `${widest(1050, 1500)}`)
  })

  it('recover from a broken reading among the first', () => {
    const issued = simulate(stream(600, (t) => (t === 5 ? 1e9 : random.normal())))
    assert.ok(issued[590].up[0] < 10, `${issued[590].up[0]}`)
  })

  for (const [factor, within] of [
    [1e6, 150],
    [1e-6, 2500],
  ]) {
    it(`follow errors to ${factor} times their scale`, () => {
      const changed = stream(5000, (t) => random.normal() * (t < 1000 ? 1 : factor))
      const issued = simulate(changed)
      const held = shareHeld(changed, issued, 0, 0, 1000 + within)
      assert.ok(Math.abs(held - 0.9) < 0.03, `${held}`)
      for (const { up } of issued.slice(1000 + within)) assert.ok(up[0] < 12 * factor, `${up[0]}`)
    })
  }

  it('do not wind up while feedback of 96 steps ahead is on its way', () => {
    const horizon = 96
    const readings = 6000
    const steps = Float64Array.from({ length: readings + horizon }, () => random.normal())
    const walk = steps.map(
      (
        (sum) => (step) =>
          (sum += step)
      )(0),
    )
    const simulated: Simulated = {
      horizon,
      coverages: [0.9],
      readings,
      error: (origin, h) =>
        walk[origin + h + 1 < walk.length ? origin + h + 1 : walk.length - 1] - walk[origin],
    }
    const issued = simulate(simulated)
    for (const h of [0, 23, 95]) {
      const usual = 1.645 * Math.sqrt(h + 1)
      const held = shareHeld(simulated, issued, 0, h, 300)
      assert.ok(Math.abs(held - 0.9) < 0.03, `step ${h + 1}: ${held}`)
      for (const { up } of issued.slice(300))
        assert.ok(up[h] < 2.5 * usual && up[h] > usual / 4, `step ${h + 1}: ${up[h]}`)
    }
  })

  it('borrow from shorter steps until a step has matured', () => {
    const simulated: Simulated = { horizon: 4, coverages: [0.9], readings: 2, error: () => 2 }
    const [none, { up }] = simulate(simulated)
    assert.ok(none.up.every(Number.isNaN))
    assert.ok(up[0] >= 2 && up[0] <= 2.5)
    for (const h of [1, 2, 3]) assert.ok(Math.abs(up[h] - up[0] * Math.sqrt(h + 1)) < 1e-4)
  })

  it('learn nothing from errors that are not finite, and nothing scaled from sides that are not above 0', () => {
    const state = startIntervals(1, [0.9])
    const { learn } = createIntervals([0.9], state)
    const fresh = structuredClone(state)
    for (const error of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
      learn(0, error, 1, 1, [2], [2])
    assert.deepEqual(state, fresh)
    for (const side of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      const [without, odd] = [Number.NaN, side].map((below) => {
        const one = startIntervals(1, [0.9])
        const intervals = createIntervals([0.9], one)
        for (let i = 0; i < 50; i++) intervals.learn(0, i % 3, below, 1, [1], [1])
        return one
      })
      assert.deepEqual(odd, without)
    }
  })

  it('tell whether they have a width, and what share they have held', () => {
    const intervals = createIntervals([0.5, 0.9], startIntervals(2, [0.5, 0.9]))
    assert.equal(intervals.scored, false)
    assert.equal(intervals.measured(0), null)
    intervals.learn(0, 1, Number.NaN, Number.NaN, [Number.NaN, Number.NaN], [Number.NaN, Number.NaN])
    assert.equal(intervals.scored, true)
    assert.equal(intervals.measured(0), null)
    intervals.learn(0, 1, Number.NaN, Number.NaN, [0.5, 2], [0.5, 2])
    intervals.learn(1, -1, Number.NaN, Number.NaN, [2, 2], [0.5, 0.5])
    assert.equal(intervals.measured(0), 0.5)
    assert.equal(intervals.measured(1), 1)
  })
})
