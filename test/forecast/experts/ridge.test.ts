import assert from 'node:assert/strict'
import fc from 'fast-check'
import { createRandom } from '../../../src/engine/random.ts'
import {
  createRidge,
  type RidgeState,
  type RidgeStream,
  seasonalLags,
  startRidge,
} from '../../../src/forecast/experts/ridge.ts'
import { append, createHistory } from '../../../src/forecast/history.ts'

const CAPACITY = 4096
const RATES = [0.999]

/** A stream of the ridge regression with the values put into it so far. */
function streamOf(capacity = CAPACITY): {
  readonly stream: RidgeStream
  put(value: number, observed?: boolean): void
} {
  const history = createHistory(capacity)
  let index = -1
  return {
    stream: {
      history,
      unit: 1,
      get index() {
        return index
      },
    },
    put(value, observed = true) {
      append(history, value, observed)
      index++
    },
  }
}

const open = (
  season: number,
  horizon: number,
): { readonly ridge: ReturnType<typeof createRidge>; start(stream: RidgeStream): RidgeState } => {
  const ridge = createRidge(horizon, RATES)
  const lags = season > 0 ? seasonalLags(season, CAPACITY - horizon - 1) : Int32Array.from([1, 2, 3, 4])
  return { ridge, start: ({ history }) => startRidge(lags, season, horizon, RATES, history) }
}

/** Forecasts at each value, [t][horizon]. */
function forecasts(values: readonly number[], season: number, horizon: number): Float64Array[] {
  const { ridge, start } = open(season, horizon)
  const { stream, put } = streamOf()
  let state: RidgeState | null = null
  return values.map((value) => {
    put(value)
    if (state) ridge.learn(state, stream)
    else state = start(stream)
    const changes = new Float64Array(horizon)
    ridge.forecast(state, stream, 0, changes)
    return changes
  })
}

const wave = (t: number, season: number): number =>
  Math.sin((2 * Math.PI * t) / season) + 0.5 * Math.cos((6 * Math.PI * t) / season)

describe('lags of a season', () => {
  it('are whole, rising, each once, and held by the history, for every season and horizon', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 2048 }), fc.integer({ min: 1, max: 256 }), (season, horizon) => {
        const longest = CAPACITY - horizon - 1
        const lags = seasonalLags(season, longest)
        for (const [i, lag] of lags.entries()) {
          assert.ok(Number.isInteger(lag) && lag >= 1 && lag <= longest)
          if (i > 0) assert.ok(lag > lags[i - 1])
        }
        for (const wanted of [1, 2, 16, season, 2 * season]) {
          if (wanted <= longest) assert.ok(lags.includes(wanted), `${wanted} for the season ${season}`)
        }
        assert.ok(lags.length <= 30)
      }),
    )
  })
})

describe('online ridge regression', () => {
  it('learns a noiseless seasonal stream to an error of next to nothing', () => {
    for (const [season, horizon] of [
      [24, 1],
      [24, 24],
      [96, 12],
      [7, 30],
    ]) {
      const values = Array.from({ length: 4000 }, (_, t) => wave(t, season))
      const at = values.length - horizon - 1
      const said = forecasts(values.slice(0, at + 1), season, horizon)[at]
      for (const [h, change] of said.entries()) {
        const error = Math.abs(values[at] + change - values[at + 1 + h])
        assert.ok(error < 0.01, `step ${h + 1} of season ${season} errs by ${error}`)
      }
    }
  })

  it('lets nothing after t change what it says at t, to the bit', () => {
    const random = createRandom(1)
    const values = Array.from({ length: 300 }, (_, t) => wave(t, 24) + 0.1 * random.normal())
    const expected = forecasts(values, 24, 12)
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 298 }),
        fc.double({ noNaN: true, min: -1e30, max: 1e30 }),
        (t, other) => {
          const changed = values.map((value, i) => (i > t ? other : value))
          assert.deepEqual(forecasts(changed, 24, 12).slice(0, t + 1), expected.slice(0, t + 1))
        },
      ),
      { numRuns: 20 },
    )
  })

  it('gives the same from a history whose oldest values are gone', () => {
    const horizon = 6
    const { ridge, start } = open(0, horizon)
    const [long, short] = [streamOf(), streamOf(64)]
    const random = createRandom(3)
    const states: (RidgeState | null)[] = [null, null]
    const said = [new Float64Array(horizon), new Float64Array(horizon)]
    for (let t = 0; t < 1000; t++) {
      const value = wave(t, 24) + random.normal(0, 0.1)
      for (const [i, { stream, put }] of [long, short].entries()) {
        put(value)
        const state = states[i]
        if (state) ridge.learn(state, stream)
        else states[i] = start(stream)
        ridge.forecast(states[i]!, stream, 0, said[i])
      }
      assert.deepEqual(said[1], said[0])
    }
  })

  it('takes what was filled in as no target and as no origin', () => {
    const horizon = 3
    const { ridge, start } = open(0, horizon)
    const learned = (fill: number): RidgeState => {
      const { stream, put } = streamOf()
      const random = createRandom(5)
      let state: RidgeState | null = null
      for (let t = 0; t < 400; t++) {
        const value = random.normal()
        // Filled values are inputs of the origins after them: here these begin anew.
        const filled = t % 200 >= 190
        if (t % 200 === 0) stream.history.first = stream.history.end
        put(filled ? fill : value, !filled)
        if (state) ridge.learn(state, stream)
        else state = start(stream)
      }
      return state!
    }
    const [a, b] = [learned(0), learned(9)]
    assert.ok(a.learned > 350 && a.filters[0].near.some((w) => w !== 0))
    assert.deepEqual(a, b)
  })

  it('begins late and catches up with what the history holds', () => {
    const horizon = 12
    const values = Array.from({ length: 2000 }, (_, t) => wave(t, 24))
    const { ridge, start } = open(24, horizon)
    const { stream, put } = streamOf()
    let state: RidgeState | null = null
    for (const [t, value] of values.entries()) {
      put(value)
      if (t === 900) state = start(stream)
      else if (state) ridge.learn(state, stream)
      if (t === 901) assert.ok(state!.learned <= 3)
    }
    const oldest = state!.lags.at(-1)!
    assert.equal(state!.learned, values.length - horizon - oldest, 'each origin once, whose lags are held')
    assert.deepEqual([state!.nearBehind, state!.farBehind], [0, horizon - 1])
  })

  it('never looks past what is held, whatever gaps clear the history', () => {
    const things = fc.array(fc.oneof({ weight: 20, arbitrary: fc.constant(false) }, fc.constant(true)), {
      minLength: 50,
      maxLength: 400,
    })
    fc.assert(
      fc.property(
        things,
        fc.constantFrom(1, 2, 7, 24),
        fc.constantFrom(0, 2, 24, 200),
        (clears, horizon, season) => {
          const { ridge, start } = open(season, horizon)
          const { stream, put } = streamOf()
          let state: RidgeState | null = null
          const said = new Float64Array(horizon)
          for (const [t, clear] of clears.entries()) {
            if (clear) stream.history.first = stream.history.end
            put(wave(t, 24), t % 11 > 0)
            if (state) ridge.learn(state, stream)
            else state = start(stream)
            ridge.forecast(state, stream, 0, said)
            assert.ok(said.every(Number.isFinite))
          }
          const [{ P, near, far }] = state!.filters
          for (const part of [P, near, far]) assert.ok(part.every(Number.isFinite))
        },
      ),
    )
  })
})
