import assert from 'node:assert/strict'
import fc from 'fast-check'
import { chooseSegment, chooseSettings } from '../../../src/learn/segment/settings.ts'
import type { FitJob, SegmentModel } from '../../../src/learn/segment/types.ts'
import { job } from '../jobs.ts'
import { seriesOf, wave, waveValues } from './series.ts'

describe('the segment that is chosen', () => {
  it('is a season, an equal part of it, or a multiple of it', () => {
    const chosen = [24, 96, 144, 288, 1440, 7, 48, 12, 4, 1, 100, 0].map((season) => [
      season,
      chooseSegment(season, 24, 1e6),
    ])
    assert.deepEqual(chosen, [
      [24, 24],
      [96, 48],
      [144, 48],
      [288, 48],
      [1440, 48],
      [7, 14],
      [48, 48],
      [12, 12],
      [4, 12],
      [1, 12],
      [100, 33],
      [0, 24],
    ])
    assert.equal(chooseSegment(50, 24, 1e6), 25)
    // An estimate may be a step off: nearly equal parts, and as few.
    assert.deepEqual(
      [95, 96].map((season) => chooseSegment(season, 24, 1e6)),
      [48, 48],
    )
    assert.equal(chooseSegment(97, 24, 1e6), 32)
  })

  it('leaves room for both parts of a short history', () => {
    assert.equal(chooseSegment(24, 24, 96), 24)
    assert.equal(chooseSegment(24, 24, 94), 23)
    assert.equal(chooseSegment(48, 24, 100), 24)
    assert.equal(chooseSegment(0, 24, 60), 6)
    assert.equal(chooseSegment(0, 24, 10), 2)
  })

  it('is whole, and from 2 to 48 steps long', () => {
    fc.assert(
      fc.property(
        fc.nat(5000),
        fc.integer({ min: 1, max: 500 }),
        fc.nat(20_000),
        (season, horizon, length) => {
          const segment = chooseSegment(season, horizon, length)
          assert.ok(Number.isInteger(segment) && segment >= 2 && segment <= 48, `${segment}`)
        },
      ),
    )
  })
})

describe('settings of a fit', () => {
  const settings = (more: Partial<FitJob>) => chooseSettings(job(1, { segment: null, season: null, ...more }))

  it('come from what it may learn from', () => {
    const { spec, channels } = settings({
      horizon: 6,
      series: [wave(600, 12, 0.2, 1), wave(600, 50, 0.2, 2)],
    })
    assert.deepEqual(
      channels.map(({ key, season }) => [key, season]),
      [
        ['wave 1', 12],
        ['wave 2', 50],
      ],
    )
    assert.deepEqual(spec, {
      segment: 25,
      horizon: 6,
      hiddenSize: 4,
      seasonal: true,
      scale: 'fixed',
      channels: 2,
    })
    // What judges is of another season.
    const values = waveValues(800, 50, 0.2)
    values.set(waveValues(600, 12, 0.2))
    assert.equal(settings({ series: [seriesOf(values, { trainEnd: 600 })] }).channels[0].season, 12)
  })

  it('have a seasonal input where a season is longer than a segment', () => {
    assert.equal(settings({ series: [wave(600, 24)] }).spec.seasonal, false)
    assert.equal(settings({ series: [wave(600, 24)], segment: 12 }).spec.seasonal, true)
    assert.equal(settings({ series: [wave(600, 24)], segment: 12, season: 0 }).spec.seasonal, false)
  })

  it('take one season for all columns of a table', () => {
    const series = [wave(600, 24, 0.2, 1), wave(600, 24, 0.2, 2), wave(600, 50, 0.2, 3)]
    const seasons = (more: Partial<FitJob>) =>
      settings({ series, ...more }).channels.map(({ season }) => season)
    assert.deepEqual(seasons({ table: false }), [24, 24, 50])
    assert.deepEqual(seasons({ table: true }), [24, 24, 24])
    assert.deepEqual(seasons({ table: true, season: 7 }), [7, 7, 7])
  })

  it('take the scale that is asked for, and the fixed one to begin with', () => {
    const scales = (['fixed', 'running', 'auto'] as const).map(
      (scale) => settings({ scale, series: [wave(100)] }).spec.scale,
    )
    assert.deepEqual(scales, ['fixed', 'running', 'fixed'])
  })

  it('keep the segment of a model that goes on, as long as the season is what it was', () => {
    const start = (season: number): SegmentModel => ({
      spec: { segment: 10, horizon: 4, hiddenSize: 4, seasonal: true, scale: 'fixed', channels: 1 },
      weights: new Float32Array(0),
      channels: [{ key: 'a', unit: 1, season }],
    })
    const segment = (period: number, season: number, more: Partial<FitJob> = {}) => {
      const { spec } = settings({ series: [wave(600, period)], start: start(season), ...more })
      return [spec.segment, spec.seasonal]
    }
    assert.deepEqual(segment(24, 24), [10, true])
    assert.deepEqual(segment(24, 25), [10, true])
    assert.deepEqual(segment(24, 12), [24, false])
    // No season is seen any more, or none was seen before.
    assert.deepEqual(segment(24, 24, { season: 0 }), [10, true])
    assert.deepEqual(segment(24, 0), [24, false])
    assert.deepEqual(segment(24, 24, { segment: 8 }), [8, true])
    assert.deepEqual(segment(24, 24, { segment: 30 }), [30, false])
  })
})
