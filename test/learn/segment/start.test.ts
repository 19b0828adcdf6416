import assert from 'node:assert/strict'
import { fitSegment } from '../../../src/learn/segment/fit.ts'
import { netLayout } from '../../../src/learn/segment/net.ts'
import type { FitJob, SegmentModel } from '../../../src/learn/segment/types.ts'
import { carriedOver } from '../../../src/learn/segment/warm.ts'
import { job } from '../jobs.ts'
import { wave } from './series.ts'

/** A job of 600 rows of a season of 12. */
const waveJob = (more: Partial<FitJob> = {}): FitJob =>
  job(1, { horizon: 6, segment: 12, hiddenSize: 8, season: 12, series: [wave(600, 12, 0.2, 1)], ...more })

let fitted: SegmentModel
before(() => {
  fitted = fitSegment(waveJob({ schedule: { epochs: 4, updates: 50, maxSeconds: 60 } })).model
})

describe('a fit that looks for seasons', () => {
  it('can be cancelled between two series', () => {
    const series = [1, 2, 3].map((seed) => wave(600, 12, 0.2, seed))
    for (const table of [false, true]) {
      let asked = 0
      const cancelled = (): boolean => ++asked === 2
      assert.throws(() => fitSegment(waveJob({ series, table, season: null }), { cancelled }), {
        name: 'AbortError',
      })
      assert.equal(asked, 2)
    }
  })
})

describe('a fit that goes on from a model', () => {
  it('returns it as it is where nothing judges, and does not train in vain', () => {
    const series = [wave(35, 12, 0.2, 1)]
    const { model, updates, epochs, validationLoss, tailSkills } = fitSegment(
      waveJob({ series, start: fitted }),
    )
    assert.deepEqual(model, fitted)
    assert.deepEqual([updates, epochs, validationLoss, ...tailSkills], [0, 0, Number.NaN, Number.NaN])
    assert.ok(fitSegment(waveJob({ series })).updates > 0, 'without a start there is nothing to lose')
    const other = fitSegment(waveJob({ series, start: fitted, segment: 6 }))
    assert.equal(other.model.spec.segment, 6, 'a model of another shape than was asked for is no result')
  })

  it('gives way to a net of another shape only where that is better on what is held back', () => {
    const schedule = { epochs: 8, updates: 50, maxSeconds: 60 }
    const series = [wave(600, 30, 0.2, 1)]
    // Fitted before its season was seen.
    const short = fitSegment(waveJob({ series, schedule: { ...schedule, epochs: 2 } }))
    const asked = { series, start: short.model, segment: null, season: null }
    const better = fitSegment(waveJob({ ...asked, schedule }))
    assert.equal(better.model.spec.segment, 30)
    const worse = fitSegment(waveJob({ ...asked, schedule: { epochs: 1, updates: 1, maxSeconds: 60 } }))
    assert.deepEqual(worse.model, short.model)
    assert.ok(worse.validationLoss < worse.naiveLoss && worse.tailSkills[0] > 0, 'what it is worth there')
    assert.ok(better.validationLoss < worse.validationLoss)
    assert.equal(better.naiveLoss, worse.naiveLoss)
    const asFar = fitSegment(waveJob({ ...asked, hiddenSize: 12, schedule: { ...schedule, epochs: 0 } }))
    assert.equal(asFar.model.spec.hiddenSize, 12, 'a model of another shape than was asked for is no result')
  })

  it('keeps channels that it does not teach, behind those that it does', () => {
    const series = [1, 2, 3].map((seed) => wave(600, 12, 0.2, seed))
    const schedule = { epochs: 2, updates: 20, maxSeconds: 60 }
    const start = fitSegment(waveJob({ series, schedule })).model
    const taught = [wave(600, 12, 0.2, 4), series[1]]
    const { model, validationLoss } = fitSegment(waveJob({ series: taught, start, schedule }))
    const keys = ({ channels }: SegmentModel): string[] => channels.map(({ key }) => key)
    assert.deepEqual(keys(model), ['wave 4', 'wave 2', 'wave 1', 'wave 3'])
    assert.equal(model.spec.channels, 4)
    assert.equal(model.weights.length, netLayout(model.spec).size)
    assert.deepEqual(model.channels.slice(2), [start.channels[0], start.channels[2]])
    assert.deepEqual(embedding(model, 2), embedding(start, 0))
    assert.deepEqual(embedding(model, 3), embedding(start, 2))
    assert.notDeepEqual(embedding(model, 1), embedding(start, 1))
    const again = fitSegment(waveJob({ series: taught, start: model, schedule: { ...schedule, epochs: 0 } }))
    assert.equal(again.validationLoss, validationLoss)
    assert.deepEqual(again.model, model)
    const other = fitSegment(waveJob({ series: taught, start, schedule, segment: 6 }))
    assert.deepEqual(keys(other.model), ['wave 4', 'wave 2'], 'in another net embeddings mean nothing')
  })

  it('keeps 4,096 channels, those that were taught last', () => {
    const keys = Array.from({ length: 4096 }, (_, i) => `${i}`)
    const spec = { ...fitted.spec, channels: keys.length }
    const channels = keys.map((key) => ({ key, unit: 1, season: 12 }))
    const start = { spec, weights: carriedOver(fitted, spec, channels)!, channels }
    const series = [wave(600, 12, 0.2, 1), { ...wave(600, 12, 0.2, 2), key: '7' }]
    const { model } = fitSegment(
      waveJob({ series, start, schedule: { epochs: 1, updates: 1, maxSeconds: 60 } }),
    )
    const kept = keys.filter((key) => key !== '7').slice(0, 4094)
    assert.deepEqual(
      model.channels.map(({ key }) => key),
      ['wave 1', '7', ...kept],
    )
  })
})

function embedding({ spec, weights }: SegmentModel, row: number): number[] {
  const { channel, half } = netLayout(spec)
  return [...weights.subarray(channel + row * half, channel + (row + 1) * half)]
}
