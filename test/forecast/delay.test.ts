import assert from 'node:assert/strict'
import fc from 'fast-check'
import { delayPlace, delayPlaces } from '../../src/forecast/delay.ts'

describe('places of numbers that wait', () => {
  it('are lines that do not overlap and fill the array', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 256 }), (horizon) => {
        const lines = Array.from({ length: horizon }, (_, i) => {
          const h = i + 1
          const line = new Set(Array.from({ length: 3 * h }, (_, opened) => delayPlace(h, opened)))
          assert.equal(line.size, h, `step ${h} has ${line.size} places`)
          return [...line]
        })
        const places = lines.flat().sort((a, b) => a - b)
        assert.deepEqual(
          places,
          Array.from({ length: delayPlaces(horizon) }, (_, i) => i),
        )
      }),
      { numRuns: 30 },
    )
  })

  it('give back what was issued h steps before, and nothing else', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(1000), (horizon, start) => {
        const waiting = new Float64Array(delayPlaces(horizon)).fill(Number.NaN)
        for (let t = start; t < start + 3 * horizon; t++) {
          for (let h = 1; h <= horizon; h++) {
            const at = delayPlace(h, t)
            if (t - h >= start) assert.equal(waiting[at], 1000 * (t - h) + h)
            else assert.ok(Number.isNaN(waiting[at]))
            waiting[at] = 1000 * t + h
          }
        }
      }),
      { numRuns: 30 },
    )
  })
})
