import assert from 'node:assert/strict'
import { createRandom } from '../../../src/engine/random.ts'
import { fitSegment } from '../../../src/learn/segment/fit.ts'
import type {
  FitJob,
  FitProgress,
  FitResult,
  FitSchedule,
  FitSeries,
} from '../../../src/learn/segment/types.ts'
import { fitOf, seriesOf, wave } from './series.ts'

describe('the progress of a fit', () => {
  const progressOf = (more: Partial<FitJob>, schedule: Partial<FitSchedule> = {}): FitProgress[] => {
    const all: FitProgress[] = []
    fitSegment(fitOf([wave(200)], schedule, more), { onProgress: (progress) => all.push(progress) })
    return all
  }

  it('is told every ten updates and after each epoch', () => {
    const all = progressOf({}, { epochs: 2, updates: 25 })
    assert.deepEqual(
      all.map(({ epoch, update }) => [epoch, update]),
      [
        [0, 10],
        [0, 20],
        [1, 25],
        [1, 30],
        [1, 40],
        [1, 50],
        [2, 50],
      ],
    )
    for (const { epochs, maxUpdates, loss, validationLoss, secondsLeft, checkpoint } of all) {
      assert.deepEqual([epochs, maxUpdates, checkpoint], [2, 50, undefined])
      assert.ok(loss > 0 && validationLoss > 0 && secondsLeft >= 0 && Number.isFinite(secondsLeft))
    }
    assert.equal(all[all.length - 1].secondsLeft, 0)
  })

  it('counts two passes of 256 origins an update as an epoch, 200 to 400 updates', () => {
    const updates = (length: number): number => {
      let found = 0
      const series = { ...wave(length), trainEnd: length - 10 }
      const one = fitOf([series], { epochs: 1, updates: null }, { season: 12, hiddenSize: 2 })
      assert.throws(
        () =>
          fitSegment(one, {
            onProgress: ({ maxUpdates }) => {
              found = maxUpdates
            },
            cancelled: () => found > 0,
          }),
        { name: 'AbortError' },
      )
      return found
    }
    assert.deepEqual([1_000, 25_610, 38_410, 60_000].map(updates), [200, 200, 300, 400])
  })
})

describe('the race of scales', () => {
  /** A noisy wave that grows to twenty times its size. */
  const growing = (seed: number): FitSeries => {
    const { values, ...series } = wave(2400, 12, 0.6, seed)
    return { ...series, values: values.map((v, i) => Math.exp((3 * i) / 2400) * (v - 20)) }
  }
  const noise = (seed: number): FitSeries => {
    const random = createRandom(seed)
    return seriesOf(Float64Array.from({ length: 1200 }, () => random.normal()))
  }
  const winner = (...series: FitSeries[]): FitResult =>
    fitSegment(fitOf(series, { epochs: 3, updates: 100 }, { scale: 'auto' }))

  it('is won by the running one where a stream is much livelier than it was', () => {
    const { model, validationLoss } = winner(growing(1))
    assert.equal(model.spec.scale, 'running')
    const { validationLoss: fixed } = fitSegment(fitOf([growing(1)], { epochs: 3, updates: 100 }))
    assert.ok(validationLoss < 0.7 * fixed, `${validationLoss}, fixed ${fixed}`)
  })

  it('is won by the fixed one where the other is no better, or nothing judges', () => {
    assert.equal(winner(noise(1), noise(2)).model.spec.scale, 'fixed')
    assert.equal(winner({ ...growing(1), trainEnd: 2400 }).model.spec.scale, 'fixed')
  })

  it('goes on with the winner for the epochs that are left', () => {
    const all: FitProgress[] = []
    const { epochs, updates } = fitSegment(fitOf([wave(200)], { epochs: 5 }, { scale: 'auto' }), {
      onProgress: (progress) => all.push(progress),
    })
    assert.deepEqual([epochs, updates], [5, 100])
    const left = all.map(({ secondsLeft }) => secondsLeft)
    assert.ok(left.every((seconds) => seconds >= 0 && Number.isFinite(seconds)))
    assert.equal(left[left.length - 1], 0)
  })
})
