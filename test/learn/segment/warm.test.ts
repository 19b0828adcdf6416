import assert from 'node:assert/strict'
import { createRandom } from '../../../src/engine/random.ts'
import { initialiseNet } from '../../../src/learn/segment/initialise.ts'
import { netLayout } from '../../../src/learn/segment/net.ts'
import type { Channel, SegmentModel, SegmentSpec } from '../../../src/learn/segment/types.ts'
import { carriedOver, meanEmbedding } from '../../../src/learn/segment/warm.ts'

const SPEC: SegmentSpec = {
  segment: 3,
  horizon: 7,
  hiddenSize: 4,
  seasonal: false,
  scale: 'fixed',
  channels: 2,
}
const named = (...keys: string[]): Channel[] => keys.map((key) => ({ key, unit: 1, season: 0 }))
const model: SegmentModel = {
  spec: SPEC,
  weights: Float32Array.from(initialiseNet(SPEC, createRandom(1))),
  channels: named('a', 'b'),
}
const embedding = (spec: SegmentSpec, weights: Float32Array, row: number): number[] => {
  const { channel, half } = netLayout(spec)
  return [...weights.subarray(channel + row * half, channel + (row + 1) * half)]
}

describe('weights that are carried over to other channels', () => {
  it('are the same for the same channels', () => {
    assert.deepEqual(carriedOver(model, SPEC, model.channels), model.weights)
  })

  it('match embeddings by key; a new channel begins in the middle', () => {
    const spec = { ...SPEC, channels: 4 }
    const carried = carriedOver(model, spec, named('b', 'new', 'a', '__proto__'))!
    const [a, b] = [0, 1].map((row) => embedding(SPEC, model.weights, row))
    const mean = [...meanEmbedding(model)]
    assert.deepEqual(
      mean,
      a.map((v, i) => Math.fround((v + b[i]) / 2)),
    )
    assert.deepEqual(
      [0, 1, 2, 3].map((row) => embedding(spec, carried, row)),
      [b, mean, a, mean],
    )
    const [from, to] = [netLayout(SPEC), netLayout(spec)]
    assert.equal(carried.length, to.size)
    assert.deepEqual(carried.subarray(0, to.channel), model.weights.subarray(0, from.channel))
    assert.deepEqual(carried.subarray(to.outW), model.weights.subarray(from.outW))
  })

  it('lose the embeddings where no channel is left, and begin at zero where there were none', () => {
    const none = { ...SPEC, channels: 0 }
    const without = carriedOver(model, none, [])!
    assert.equal(without.length, netLayout(none).size)
    const again = carriedOver({ spec: none, weights: without, channels: [] }, SPEC, named('a', 'b'))!
    assert.deepEqual(embedding(SPEC, again, 1), [0, 0])
    assert.deepEqual(again.subarray(netLayout(SPEC).outW), model.weights.subarray(netLayout(SPEC).outW))
  })

  it('are none without a model, and none for a net of another shape', () => {
    assert.equal(carriedOver(null, SPEC, model.channels), null)
    for (const change of [
      { segment: 4 },
      { horizon: 8 },
      { hiddenSize: 6 },
      { seasonal: true },
      { scale: 'running' as const },
    ]) {
      assert.equal(carriedOver(model, { ...SPEC, ...change }, model.channels), null, Object.keys(change)[0])
    }
  })
})
