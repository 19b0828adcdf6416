import assert from 'node:assert/strict'
import fc from 'fast-check'
import { createForecastModel } from '../../src/forecast/model.ts'
import type { Forecast, SnapshotTree } from '../../src/forecast/types.ts'
import { opener, randomModel, T0 } from './fitted.ts'

/** What a sensor and its clock may do between two readings. */
type Event =
  | { readonly kind: 'readings'; readonly count: number; readonly phase: number }
  | { readonly kind: 'gap'; readonly steps: number }
  | { readonly kind: 'jump'; readonly ms: number }
  | { readonly kind: 'double' | 'extra' | 'late' }
  | { readonly kind: 'wild'; readonly value: number; readonly count: number }
  | { readonly kind: 'stride'; readonly ms: number }
  | { readonly kind: 'save' }

const wildValue = fc.oneof(
  fc.constantFrom(-9999, 1e6, 0, 1e30, -1e30, 5e-324),
  fc.double({ min: -1e30, max: 1e30, noNaN: true }),
)
const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('readings' as const),
      count: fc.integer({ min: 1, max: 90 }),
      phase: fc.nat(20),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('gap' as const), steps: fc.integer({ min: 1, max: 60 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('jump' as const), ms: fc.integer({ min: -1e8, max: 1e8 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('double' as const, 'extra' as const, 'late' as const) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('wild' as const),
      value: wildValue,
      count: fc.integer({ min: 1, max: 40 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('stride' as const), ms: fc.constantFrom(100, 1000, 60_000) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'save' as const }) },
)

/** Every number of a tree; NaN and infinities are named by their place. */
function notFinite(tree: unknown, where: string): string[] {
  if (typeof tree === 'number') return Number.isFinite(tree) ? [] : [`${where} is ${tree}`]
  if (typeof tree !== 'object' || tree === null) return []
  return Object.entries(tree).flatMap(([name, part]) => notFinite(part, `${where}.${name}`))
}

function checkForecast(forecast: Forecast, horizon: number): void {
  const { skill, ...rest } = forecast
  // A perfect naive cannot be beaten: that skill is minus infinite.
  assert.ok(skill === null || skill <= 1)
  assert.deepEqual(notFinite(rest, 'forecast'), [])
  for (const { lower, upper } of forecast.intervals) {
    assert.equal(lower.length, horizon)
    for (let h = 0; h < horizon; h++) {
      assert.ok(lower[h] <= forecast.mean[h] && forecast.mean[h] <= upper[h], `step ${h + 1}`)
    }
  }
  const shares = forecast.experts.map(({ share }) => share)
  assert.ok(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 1) < 1e-9)
  assert.ok(shares.every((share, i) => share > 0 && share <= 1 && (i === 0 || share <= shares[i - 1])))
  assert.equal(forecast.model, forecast.experts[0].name)
}

describe('streams of any readings', () => {
  const open = opener()

  for (const horizon of [1, 2, 7, 24, 256]) {
    it(`give whole and finite forecasts, with saves in between: horizon ${horizon}`, () => {
      const anything = fc.record({
        events: fc.array(fc.tuple(fc.constantFrom('a', 'b', 'x'), event), { minLength: 5, maxLength: 40 }),
        period: fc.constantFrom(undefined, 1000),
        season: fc.constantFrom(undefined, 12),
        fitted: fc.boolean(),
      })
      fc.assert(
        fc.property(anything, ({ events, period, season, fitted }) => {
          const model = createForecastModel({ horizon, segment: 4, hiddenSize: 8, season, learn: false })
          if (fitted) model.adopt(randomModel({ horizon }), 0.5)
          const options = { period, coverage: [0.9, 0.5] }
          let streams = open(model, options)
          const clocks = new Map(['a', 'b', 'x'].map((key) => [key, { time: T0, stride: 1000, n: 0 }]))
          const push = (key: string, value: number, time: number): void => {
            const { forecast, skipped } = streams.push(key, value, time)
            if (forecast) checkForecast(forecast, horizon)
            else assert.notEqual(skipped.reason, 'invalid')
          }
          const next = (key: string, value: number): void => {
            const clock = clocks.get(key)!
            clock.time += clock.stride
            clock.n++
            push(key, value, clock.time)
          }
          for (const [key, what] of events) {
            const clock = clocks.get(key)!
            switch (what.kind) {
              case 'readings':
                for (let i = 0; i < what.count; i++) {
                  next(key, 20 + 3 * Math.sin((2 * Math.PI * (clock.n + what.phase)) / 12))
                }
                break
              case 'wild':
                for (let i = 0; i < what.count; i++) next(key, what.value)
                break
              case 'gap':
                clock.time += what.steps * clock.stride
                break
              case 'jump':
                clock.time += what.ms
                break
              case 'stride':
                clock.stride = what.ms
                break
              case 'double':
                push(key, 1, clock.time)
                break
              case 'extra':
                push(key, 1, clock.time + clock.stride / 5)
                break
              case 'late':
                push(key, 1, clock.time - 3 * clock.stride)
                break
              case 'save': {
                const saved: SnapshotTree = streams.snapshot()
                streams.close()
                streams = open(model, options)
                streams.restore(saved)
                assert.deepEqual(streams.snapshot(), saved)
              }
            }
          }
        }),
        { numRuns: horizon > 100 ? 15 : 40 },
      )
    })
  }
})
