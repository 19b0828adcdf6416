import assert from 'node:assert/strict'
import { createRandom } from '../../../src/engine/random.ts'
import { openFollowing } from '../../../src/learn/follow/following.ts'
import type { NewSteps } from '../../../src/learn/follow/types.ts'
import { splitSeries } from '../../../src/learn/segment/data.ts'
import { netLayout } from '../../../src/learn/segment/net.ts'
import { openTraining } from '../../../src/learn/segment/training.ts'
import type { SegmentModel } from '../../../src/learn/segment/types.ts'
import { seriesOf, waveValues } from '../segment/series.ts'
import { stepsOf, untaught } from './nets.ts'

/** Mean squared error on a wave against that of the last value. */
function errorOf(model: SegmentModel): number {
  const { spec, weights } = model
  const series = seriesOf(waveValues(600, 12, 0.2, 9), { trainEnd: 300 })
  const split = splitSeries(series, 12, spec.segment, spec.horizon)
  const { loss, naiveLoss } = openTraining(spec, weights, [split], 1).evaluation
  return loss / naiveLoss
}

const wave: NewSteps = stepsOf(waveValues(600, 12, 0.2))

describe('a net that learns on', () => {
  it('gets better at what its streams do, the same way for the same calls', () => {
    const model = untaught()
    const lives = [1, 1, 2].map((seed) => {
      const following = openFollowing(model, seed)
      following.take(wave)
      const learned = [1, 7, 1192].map((updates) => following.learn(updates))
      assert.deepEqual(
        learned.map(({ updates, rolledBack }) => [updates, rolledBack]),
        [
          [1, 0],
          [7, 0],
          [1192, 0],
        ],
      )
      return learned[2].model
    })
    assert.ok(errorOf(model) > 0.9)
    assert.ok(errorOf(lives[0]) < 0.2, `${errorOf(lives[0])}`)
    assert.deepEqual(lives[1], lives[0])
    assert.notDeepEqual(lives[2].weights, lives[0].weights)
    assert.deepEqual(lives[0].channels, model.channels)
  })

  it('learns of streams that it has no embedding for as of those that it has', () => {
    const following = openFollowing(untaught({}, ['a', 'b']), 1)
    following.take({ ...wave, key: 'x' })
    const { model } = following.learn(1200)
    const { spec } = model
    const alone = { ...model, spec: { ...spec, channels: 1 }, channels: model.channels.slice(0, 1) }
    assert.ok(errorOf({ ...alone, weights: withMean(model) }) < 0.2)
  })

  it('makes no update before a stream has three segments, and then from the first such readings on', () => {
    const model = untaught()
    const following = openFollowing(model, 1)
    assert.deepEqual(following.learn(3).updates, 0)
    following.take(stepsOf([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]))
    const none = following.learn(3)
    assert.deepEqual([none.updates, none.model], [0, model])
    following.take(stepsOf([12]))
    assert.equal(following.learn(3).updates, 3)
  })

  it('is not led astray by sentinels, spikes, constants and gaps', () => {
    const values = waveValues(600, 12, 0.2)
    const wild = [-9999, 1e6, -1e30, 1e300].flatMap((value, i) =>
      Array.from({ length: 10 }, (_, j) => [60 + 130 * i + j, value] as const),
    )
    for (const [t, value] of wild) values[t] = value
    const observed = new Uint8Array(600).fill(1).fill(0, 300, 330)
    const following = openFollowing(untaught(), 1)
    following.take(stepsOf(values, { observed }))
    following.take(stepsOf(new Float64Array(200), { stream: 2, key: 'x', unit: 1e-300 }))
    following.take(stepsOf(new Float64Array(200).fill(1e30), { stream: 3, key: 'y', season: 0 }))
    const { model, updates } = following.learn(600)
    assert.equal(updates, 600)
    assert.ok(model.weights.every(Number.isFinite))
    assert.ok(errorOf(model) < 0.6, `${errorOf(model)}`)
  })

  it('goes back to good weights when its errors leave their band, and learns on from there', () => {
    const following = openFollowing(untaught(), 1)
    following.take(stepsOf(waveValues(2000, 12, 0.2)))
    const given = Array.from({ length: 600 }, () => following.learn(1))
    assert.ok(given.every(({ rolledBack }) => rolledBack === 0))
    const random = createRandom(1)
    following.take(stepsOf(Float64Array.from({ length: 40 }, () => random.normal(20, 3))))
    let after = following.learn(1)
    for (let i = 0; i < 99 && after.rolledBack === 0; i++) after = following.learn(1)
    assert.equal(after.rolledBack, 1)
    // Those of 100 to 200 updates before.
    assert.deepEqual(after.model, given[499].model)
    assert.equal(following.learn(1).rolledBack, 0)
    assert.notDeepEqual(following.learn(1).model, after.model)
  })
})

/** Weights of the net without its second channel, the first with the mean of both embeddings. */
function withMean({ spec, weights }: SegmentModel): Float32Array {
  const { channel, half, outW } = netLayout(spec)
  const mean = Array.from(
    { length: half },
    (_, j) => (weights[channel + j] + weights[channel + half + j]) / 2,
  )
  return Float32Array.of(...weights.subarray(0, channel), ...mean, ...weights.subarray(outW))
}
