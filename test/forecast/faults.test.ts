import assert from 'node:assert/strict'
import { createRandom } from '../../src/engine/random.ts'
import { createForecastModel } from '../../src/forecast/model.ts'
import type { Forecast, ForecastModel } from '../../src/forecast/types.ts'
import { opener, randomModel, T0 } from './fitted.ts'

const COUNT = 3000
const SEASON = 24

/** A day's wave with noise that remembers itself, as a sensor sends it. */
function sound(seed: number): number[] {
  const random = createRandom(seed)
  let noise = 0
  return Array.from({ length: COUNT }, (_, t) => {
    noise = 0.9 * noise + random.normal(0, 0.4)
    return 20 + 3 * Math.sin((2 * Math.PI * t) / SEASON) + noise
  })
}

type Fault = (value: number, t: number, values: readonly number[]) => number

/** What fails, for how long, and again when. */
const FAULTS: { readonly [name: string]: Fault } = {
  'bursts of −9999': (value, t) => (t > 300 && t % 200 < 10 ? -9999 : value),
  'spikes of 1e6': (value, t) => (t % 97 === 50 ? 1e6 : value),
  'a spike of 1e6 among the first values': (value, t) => (t === 20 ? 1e6 : value),
  'spikes to both sides without end': (value, t) =>
    t > 300 && t % 7 === 3 ? (t % 2 === 0 ? 1e30 : -1e30) : value,
  'a sensor that is stuck': (value, t, values) => (t % 400 >= 300 ? values[t - (t % 400) + 299] : value),
  'a sensor of the wrong sign': (value, t) => (t % 1000 >= 800 ? -value : value),
  'a sensor around 0 of the wrong sign': (value, t) => (t % 1000 >= 800 ? 20 - value : value - 20),
}

/** Sums of squared errors of what is issued and of naive, for one step; from the reading `from` on. */
function errorsOf(
  forecasts: readonly (Forecast | undefined)[],
  values: readonly number[],
  step: number,
  from = 0,
): { mixture: number; naive: number } {
  const sums = { mixture: 0, naive: 0 }
  for (let t = from + step; t < values.length; t++) {
    const forecast = forecasts[t - step]
    if (!forecast) continue
    sums.mixture += (values[t] - forecast.mean[step - 1]) ** 2
    sums.naive += (values[t] - forecast.last) ** 2
  }
  return sums
}

describe('forecasts of a sensor that fails', () => {
  const open = opener()

  const forecast = (model: ForecastModel, values: readonly number[]): (Forecast | undefined)[] => {
    const streams = open(model, { period: 1000, warmUp: 64 })
    return values.map((value, t) => {
      const { forecast: made } = streams.push('a', value, T0 + 1000 * t)
      if (made) {
        const numbers = [...made.mean, ...made.lower, ...made.upper, made.measuredCoverage ?? 0]
        assert.ok(numbers.every(Number.isFinite))
      }
      return made
    })
  }
  const blank = (horizon: number): ForecastModel => createForecastModel({ horizon, learn: false })
  /** With a GRU that knows nothing, and is said to be good. */
  const misled = (horizon: number): ForecastModel => {
    const model = createForecastModel({ horizon, learn: false })
    model.adopt(randomModel({ horizon }), 0.5)
    return model
  }

  for (const [name, fault] of Object.entries(FAULTS)) {
    it(`err by no more than 1.2 times naive: ${name}`, () => {
      for (const [seed, horizon] of [
        [1, 24],
        [2, 7],
      ]) {
        const values = sound(seed).map(fault)
        for (const model of [blank(horizon), misled(horizon)]) {
          const forecasts = forecast(model, values)
          for (const step of [1, horizon]) {
            const { mixture, naive } = errorsOf(forecasts, values, step)
            assert.ok(mixture <= 1.2 * naive, `step ${step} of ${horizon}: ${mixture / naive} times naive`)
          }
        }
      }
    })
  }

  it('follow a new level at once, believe it after 24 readings, and are none the worse a thousand later', () => {
    for (const level of [500, 1e5]) {
      const horizon = 24
      const values = sound(3).map((value, t) => (t >= 1500 ? value + level : value))
      const forecasts = forecast(blank(horizon), values)
      const { mixture, naive } = errorsOf(forecasts, values, 1)
      assert.ok(mixture <= 1.2 * naive, `${mixture / naive} times naive`)
      // Naive errs for as long as its forecasts come from the old level. What is issued expects that to come back until
      // it is believed that it will not, which is as long again.
      const far = errorsOf(forecasts, values, horizon)
      assert.ok(far.mixture <= 2 * far.naive, `${far.mixture / far.naive} times naive`)
      const { mean } = forecasts[1500]!
      assert.ok(Math.abs(mean[0] - values[1500]) < 1, 'the next value is like this one')
      assert.ok(Math.abs(mean[horizon - 1] - 20) < 10, 'later the old level is back')
      for (let t = 1524; t < COUNT; t++) {
        assert.ok(
          forecasts[t]!.mean.every((one) => Math.abs(one - 20 - level) < level / 2),
          `reading ${t}`,
        )
      }
      for (const step of [1, horizon]) {
        const after = errorsOf(forecasts, values, step, 2500)
        assert.ok(after.mixture <= 1.2 * after.naive, `later ${after.mixture / after.naive} times naive`)
      }
    }
  })

  it('are as good after a fault as they would have been without, a horizon of readings later', () => {
    const clean = sound(4)
    const horizon = 24
    const expected = forecast(blank(horizon), clean)
    const [from, faulty] = [1200, 10]
    for (const wrong of [-9999, 1e6, 1e30]) {
      const values = clean.map((value, t) => (t >= from && t < from + faulty ? wrong : value))
      const forecasts = forecast(blank(horizon), values)
      for (const step of [1, horizon]) {
        const after = errorsOf(forecasts, values, step, from + faulty + horizon).mixture
        const without = errorsOf(expected, values, step, from + faulty + horizon).mixture
        assert.ok(after < 1.05 * without, `step ${step} after ${wrong}: ${after / without} times`)
      }
      const [broken, sane] = [forecasts, expected].map((all) => all[COUNT - 1]!)
      for (const [h, width] of sane.upper.entries()) {
        const ratio = (broken.upper[h] - broken.lower[h]) / (width - sane.lower[h])
        assert.ok(ratio > 0.8 && ratio < 1.25, `the interval of step ${h + 1} is ${ratio} times as wide`)
      }
    }
  })

  it('do not come to believe a failing sensor on the way through a gap', () => {
    const clean = sound(5)
    const horizon = 7
    const streams = open(blank(horizon), { period: 1000 })
    let last: Forecast | undefined
    for (const [t, value] of clean.entries()) {
      // After each of the gaps, of ten steps, the sensor sends what is 100 deviations off, which is 9 for each step.
      const [lost, wrong] = [t > 500 && t % 100 < 10, t > 500 && t % 100 === 10]
      if (!lost) last = streams.push('a', wrong ? value - 250 : value, T0 + 1000 * t).forecast ?? last
    }
    const [{ spread }] = (streams.snapshot() as unknown as { streams: { spread: { least: number } }[] })
      .streams
    assert.ok(spread.least > 0, `it has believed ${spread.least}`)
    assert.ok(last!.mean.every((mean) => Math.abs(mean - 20) < 10))
  })
})
