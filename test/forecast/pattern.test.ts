import assert from 'node:assert/strict'
import { createRandom } from '../../src/engine/random.ts'
import { append, createHistory, type History } from '../../src/forecast/history.ts'
import { lookForPattern, type PatternState, startPattern } from '../../src/forecast/pattern.ts'

const wave = (t: number, season: number): number => Math.sin((2 * Math.PI * t) / season)

/** Takes in values and looks after each; returns the grid steps at which the season changed, and to what. */
function watch(
  values: readonly number[],
  state: PatternState,
  history: History,
  from = 0,
): { at: number; season: number }[] {
  const found: { at: number; season: number }[] = []
  for (const [i, value] of values.entries()) {
    const { season } = state
    append(history, value, true)
    lookForPattern(state, history, from + i + 1)
    if (state.season !== season) found.push({ at: from + i + 1, season: state.season })
  }
  return found
}

describe('pattern of a stream', () => {
  it('is found when it has been seen often enough, and stays', () => {
    for (const [season, within] of [
      [12, 48],
      [24, 80],
      [96, 400],
      [288, 1000],
    ]) {
      const random = createRandom(season)
      const values = Array.from({ length: 6000 }, (_, t) => wave(t, season) + random.normal(0, 0.1))
      const state = startPattern()
      const found = watch(values, state, createHistory(4096))
      assert.ok(found[0].at <= within, `${season} was found after ${found[0].at}`)
      assert.ok(Math.abs(state.season - season) <= 1)
    }
  })

  it('is none in noise and in a constant, and goes with the pattern', () => {
    const random = createRandom(3)
    const state = startPattern()
    assert.deepEqual(watch(new Array(3000).fill(7), state, createHistory(4096)), [])
    const noise = startPattern()
    watch(
      Array.from({ length: 3000 }, () => random.normal()),
      noise,
      createHistory(4096),
    )
    assert.equal(noise.season, 0)
    const ending = startPattern()
    const values = Array.from({ length: 9000 }, (_, t) => (t < 2000 ? wave(t, 24) : random.normal()))
    assert.deepEqual(
      watch(values, ending, createHistory(4096)).map(({ season }) => season),
      [24, 0],
    )
  })

  it('is looked for ever more rarely', () => {
    const state = startPattern()
    const history = createHistory(4096)
    const looks: number[] = []
    for (let t = 1; t <= 20_000; t++) {
      const { lookAt } = state
      append(history, t % 5, true)
      lookForPattern(state, history, t)
      if (state.lookAt !== lookAt) looks.push(t)
    }
    for (let i = 1; i < looks.length; i++) assert.ok(looks[i] >= 1.5 * looks[i - 1])
    assert.deepEqual(looks.slice(0, 3), [48, 72, 108])
  })

  it('survives a gap that clears the history just before it is looked for again', () => {
    const state = startPattern()
    const history = createHistory(4096)
    const values = Array.from({ length: 3000 }, (_, t) => wave(t, 96))
    watch(values.slice(0, 1200), state, history)
    assert.equal(state.season, 96)
    history.first = history.end
    const found = watch(values.slice(1200), state, history, 1200)
    assert.ok(found.every(({ season }) => Math.abs(season - 96) <= 1))
  })
})
