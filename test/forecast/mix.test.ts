import assert from 'node:assert/strict'
import fc from 'fast-check'
import { createRandom } from '../../src/engine/random.ts'
import { append, createHistory, type History } from '../../src/forecast/history.ts'
import { createMix, enterExpert, type Mix, type MixState, startMix } from '../../src/forecast/mix.ts'

/** A mixture of experts over one stream, whose change at each step is what a test says. */
interface Mixing {
  readonly mix: Mix
  readonly state: MixState
  readonly history: History
  /** The next value: forecasts of it are judged, then `said` [expert][step] is issued; null: nothing is. */
  next(value: number, said: readonly ArrayLike<number>[] | null): Float64Array | null
}

function mixing(horizon: number, priors: readonly number[]): Mixing {
  const mix = createMix(horizon, priors)
  const state = startMix(horizon, priors.length)
  const history = createHistory(4096)
  const mixed = new Float64Array(horizon)
  return {
    mix,
    state,
    history,
    next(value, said) {
      append(history, value, true)
      mix.learn(state, history)
      if (!said) {
        mix.skip(state)
        return null
      }
      mix.issue(
        state,
        said.map((one) => Float64Array.from(one)),
        mixed,
      )
      return mixed
    },
  }
}

const all = (horizon: number, value: number): Float64Array => new Float64Array(horizon).fill(value)
const sum = (numbers: Float64Array): number => numbers.reduce((total, one) => total + one, 0)

describe('mixture of experts', () => {
  it('has shares that add up to 1 and is a mean of what is said, whatever errors and silence there are', () => {
    const said = fc.oneof(
      { weight: 4, arbitrary: fc.double({ min: -10, max: 10, noNaN: true }) },
      fc.constantFrom(1e30, -1e30, 5e-324, Number.NaN),
    )
    const anything = fc.record({
      horizon: fc.constantFrom(1, 2, 7, 24, 96, 256),
      experts: fc.integer({ min: 1, max: 6 }),
      steps: fc.array(
        fc.record({
          value: fc.oneof(fc.double({ min: -10, max: 10, noNaN: true }), fc.constantFrom(1e30, -1e30, 0)),
          said: fc.array(said, { minLength: 6, maxLength: 6 }),
          what: fc.constantFrom('issue', 'issue', 'issue', 'skip', 'unseen', 'anew'),
        }),
        { maxLength: 120 },
      ),
    })
    fc.assert(
      fc.property(anything, ({ horizon, experts, steps }) => {
        const { mix, state, history, next } = mixing(horizon, new Array<number>(experts).fill(-2))
        for (const { value, said, what } of steps) {
          if (what === 'anew') history.first = history.end
          // The first is never silent.
          const changes = said
            .slice(0, experts)
            .map((one, k) => all(horizon, k === 0 && Number.isNaN(one) ? 0 : one))
          const mixed = next(value, what === 'skip' ? null : changes)
          for (const [k, log] of state.logs.entries())
            assert.ok(Number.isNaN(log) || Number.isFinite(log), `${k}`)
          assert.ok([...state.scale, ...state.count].every(Number.isFinite))
          if (!mixed) continue
          const awake = changes.filter(([one]) => !Number.isNaN(one))
          assert.ok(Math.abs(sum(mix.shares) - 1) < 1e-9)
          for (const [k, share] of mix.shares.entries()) {
            assert.ok(Number.isNaN(changes[k][0]) ? share === 0 : share > 0 && share <= 1 + 1e-12)
          }
          const [least, most] = [
            Math.min(...awake.map(([one]) => one)),
            Math.max(...awake.map(([one]) => one)),
          ]
          const rounding = 1e-12 * Math.max(Math.abs(least), Math.abs(most)) + 1e-320
          assert.ok(mixed.every((one) => one >= least - rounding && one <= most + rounding))
        }
      }),
    )
  })

  it('comes to give nearly all to the best expert, at every step, whichever it is', () => {
    for (const horizon of [1, 24]) {
      for (const best of [0, 1, 2]) {
        const random = createRandom(1 + best)
        const { mix, next } = mixing(horizon, [0, -5, -5])
        let value = 0
        for (let t = 0; t < 3000; t++) {
          const step = random.normal()
          const said = [0, 1, 2].map((k) =>
            Float64Array.from({ length: horizon }, () => (k === best ? 0 : random.normal(0, 2 + k))),
          )
          next(value, said)
          value += step / Math.sqrt(horizon)
        }
        assert.ok(mix.shares[best] > 0.9, `${mix.shares[best]} for expert ${best} at horizon ${horizon}`)
      }
    }
  })

  it('finds the mixture of two experts with opposite errors that is better than both', () => {
    const random = createRandom(9)
    const { mix, next } = mixing(1, [0, -5])
    const errors = [0, 0, 0]
    let value = 0
    let before: readonly number[] = [0, 0, 0]
    const count = 8000
    for (let t = 0; t < count; t++) {
      const step = random.normal()
      value += step
      if (t > count / 2) for (let k = 0; k < 3; k++) errors[k] += (step - before[k]) ** 2
      // What comes next is not known: what they say of it is 0, but for errors that have opposite signs.
      const off = random.normal(0, 1)
      const [mixed] = next(value, [Float64Array.of(off), Float64Array.of(-off)])!
      before = [off, -off, mixed]
    }
    const [first, second, both] = errors
    assert.ok(both < 0.6 * Math.min(first, second), `${both} against ${first} and ${second}`)
    assert.ok(Math.abs(mix.shares[0] - 0.5) < 0.1)
  })

  it('learns of step h when its truth is there, h readings later, and not before', () => {
    for (const horizon of [1, 2, 7, 25]) {
      const { state, next } = mixing(horizon, [0, 0, 0])
      const [wrong, , right] = [0, 1, 2].map((k) => state.logs.length - 3 + k)
      const said = (last: number): Float64Array => {
        const changes = all(horizon, 0)
        changes[horizon - 1] = last
        return changes
      }
      const nothing = [said(0), said(0), said(0)]
      // The value rises once, at the last step of what is issued first; the third expert alone says so.
      next(0, [said(0), said(0), said(1)])
      for (let t = 1; t < horizon; t++) {
        next(0, nothing)
        assert.equal(state.logs[right], state.logs[wrong], `after ${t} of ${horizon} readings`)
      }
      next(1, nothing)
      assert.ok(state.logs[right] > state.logs[wrong], `after ${horizon} readings`)
    }
  })

  it('learns nothing where nothing was issued, and nothing across a gap that cleared the history', () => {
    const horizon = 7
    const random = createRandom(2)
    const { state, history, next } = mixing(horizon, [0, 0])
    const wrong = [all(horizon, 0), all(horizon, 5)]
    for (let t = 0; t < 50; t++) next(random.normal(), wrong)
    history.first = history.end
    for (let t = 0; t < horizon; t++) {
      const logs = state.logs.slice()
      next(random.normal(), null)
      assert.deepEqual(state.logs, logs)
    }
    for (let t = 0; t < 50; t++) {
      const logs = state.logs.slice()
      next(random.normal(), null)
      assert.deepEqual(state.logs, logs)
    }
  })

  it('does not judge an expert whose place is taken by what the one before it has said', () => {
    const horizon = 24
    const random = createRandom(4)
    const { state, next } = mixing(horizon, [0, -5])
    for (let t = 0; t < 200; t++) next(random.normal(), [all(horizon, 0), all(horizon, 100)])
    enterExpert(state, 2, 1, -1)
    const perfect = (): Float64Array[] => [all(horizon, 0), all(horizon, 0)]
    for (let t = 0; t < horizon; t++) next(random.normal(), perfect())
    // Both say the same: neither gains on the other but by what weights forget.
    for (let at = 1; at < state.logs.length; at += 2) {
      assert.ok(state.logs[at] >= -1 && state.logs[at] <= 0, `${state.logs[at]}`)
    }
  })

  it('lets an expert that was lost come back when it is the best', () => {
    const random = createRandom(5)
    const { mix, next } = mixing(1, [0, 0])
    let value = 0
    for (let t = 0; t < 4000; t++) {
      const good = t < 2000 ? 0 : 1
      next(
        value,
        [0, 1].map((k) => Float64Array.of(k === good ? 0 : random.normal(0, 3))),
      )
      if (t === 1999) assert.ok(mix.shares[0] > 0.95)
      value += random.normal()
    }
    assert.ok(mix.shares[1] > 0.95)
  })
})
