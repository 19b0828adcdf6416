import assert from 'node:assert/strict'
import { fitSegment } from '../../../src/learn/segment/fit.ts'
import type { FitJob, SegmentModel } from '../../../src/learn/segment/types.ts'
import { job } from '../jobs.ts'
import { wave } from './series.ts'

/** A job of 600 rows of a season of 12. */
const waveJob = (more: Partial<FitJob> = {}): FitJob =>
  job(1, { horizon: 6, segment: 12, hiddenSize: 8, season: 12, series: [wave(600, 12, 0.2, 1)], ...more })

let fitted: SegmentModel
before(() => {
  fitted = fitSegment(waveJob({ schedule: { epochs: 4, updates: 50, maxSeconds: 60 } })).model
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
})
