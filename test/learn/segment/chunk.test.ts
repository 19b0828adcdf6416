import assert from 'node:assert/strict'
import { createRandom } from '../../../src/engine/random.ts'
import { chunkSize, createChunks } from '../../../src/learn/segment/chunk.ts'
import { type SplitSeries, scalesOf, splitSeries } from '../../../src/learn/segment/data.ts'
import { writeFeatures } from '../../../src/learn/segment/features.ts'
import { initialiseNet } from '../../../src/learn/segment/initialise.ts'
import { netLayout } from '../../../src/learn/segment/net.ts'
import type { SegmentSpec } from '../../../src/learn/segment/types.ts'
import { createWalk } from '../../../src/learn/segment/walk.ts'
import { createWasmNet } from '../../../src/learn/segment/wasmNet.ts'
import { worst } from '../numeric.ts'
import { maskOf } from './dropout.ts'
import { createOracle, intervalLoss } from './oracle.ts'
import { wave } from './series.ts'

/** Its sizes need no padding. */
const SPEC: SegmentSpec = {
  segment: 8,
  horizon: 20,
  hiddenSize: 8,
  seasonal: true,
  scale: 'running',
  channels: 3,
}
const [STEPS, LANES, WALKERS] = [4, 64, 16 * 64]

/** Three series with gaps and a sentinel; one is so short that walkers are often at its end. */
function series(): SplitSeries[] {
  return [300, 40, 120].map((length, i) => {
    const one = wave(length, 24, 0.3, i)
    for (let t = 0; t < length; t++) if (t % 11 === 5 || (t > 60 && t < 64)) one.observed[t] = 0
    one.values[20] = 1e30
    return splitSeries(one, 24, SPEC.segment, SPEC.horizon)
  })
}

describe('a batch of chunks', () => {
  it('has as many segments as the longest series, up to four, in 256 origins', () => {
    const size = (...lengths: number[]) =>
      chunkSize(
        8,
        lengths.map((length) => splitSeries({ ...wave(length), trainEnd: length }, 0, 8, 20)),
      )
    assert.deepEqual(size(500, 9), { steps: 4, lanes: 64 })
    assert.deepEqual(size(9, 31), { steps: 3, lanes: 85 })
    assert.deepEqual(size(5), { steps: 1, lanes: 256 })
  })

  it('has the loss, the gradients and the states of the float64 net on what its walkers have before them', () => {
    const all = series()
    const scales = all.map((one) => scalesOf(SPEC.scale, one, SPEC.segment))
    const { segment: w, hiddenSize: d, horizon } = SPEC
    const { size, features, blocks } = netLayout(SPEC)
    const weights = initialiseNet(SPEC, createRandom(1))
    const net = createWasmNet(SPEC, weights, LANES)
    const chunks = createChunks(SPEC, net, all, scales, createRandom(2))
    const walk = createWalk(all, WALKERS, d, w, createRandom(2))
    const [random, again] = [createRandom(3), createRandom(3)]
    const rows = STEPS * LANES
    let turns = 0
    let unknown = 0

    for (let batch = 0; batch < 40; batch++) {
      const chosen = walk.choose(LANES, again).slice()
      const channels = chosen.slice()
      walk.states.set(chunks.states)
      for (const [lane, walker] of chosen.entries()) {
        turns += Number(walk.turnBack(walker, again))
        channels[lane] = again.uniform() < 0.1 ? -1 : walk.places[2 * walker]
        unknown += Number(channels[lane] < 0)
      }
      const mask = maskOf(net, blocks * rows, again)
      const grads = new Float64Array(size)
      const oracle = createOracle(SPEC, weights, grads, {
        steps: STEPS,
        lanes: LANES,
        channels,
        mask: net.arena.view(mask.at, blocks * rows * d).slice(),
      })
      const target = new Float64Array(blocks * rows * w)
      const share = new Float64Array(target.length)
      for (const [lane, walker] of chosen.entries()) {
        oracle.h.set(walk.states.subarray(walker * d, (walker + 1) * d), lane * d)
        const [s, first] = walk.places.subarray(2 * walker, 2 * walker + 2)
        const { values, observed, season, unit, trainEnd } = all[s]
        for (let k = 0; k < STEPS; k++) {
          const origin = first + k * w
          const row = k * LANES + lane
          const t = Math.min(origin, trainEnd - 1)
          writeFeatures(SPEC, values, 0, t, scales[s][t], season, oracle.x, row * features)
          for (let ahead = 1; ahead <= horizon; ahead++) {
            if (origin + ahead >= trainEnd || !observed[origin] || !observed[origin + ahead]) continue
            const at = (Math.floor((ahead - 1) / w) * rows + row) * w + ((ahead - 1) % w)
            target[at] = (values[origin + ahead] - values[origin]) / scales[s][origin]
            share[at] = scales[s][origin] / unit
          }
        }
        walk.places[2 * walker + 1] += STEPS * w
      }
      const count = share.filter((v) => v > 0).length
      assert.ok(count > 500)

      net.weights.clear()
      const loss = chunks.next(random)
      oracle.forward()
      const of = { target, share: share.map((v) => v / count) }
      const { error } = intervalLoss(w, oracle.out, of, oracle.dOut)
      oracle.backward()
      assert.ok(Math.abs(loss - error) < 1e-5 * error, `batch ${batch}: loss ${loss}, ${error}`)
      assert.deepEqual(chunks.places, walk.places)
      const found = net.weights.gradients(new Float32Array(size))
      const largest = grads.reduce((max, g) => Math.max(max, Math.abs(g)), 0)
      const wrong = worst(found, grads) / largest
      assert.ok(wrong < 1e-4, `batch ${batch}: gradients differ by ${wrong}`)
      for (const [lane, walker] of chosen.entries()) {
        const states = oracle.h.subarray((rows + lane) * d, (rows + lane + 1) * d)
        assert.ok(worst(chunks.states.subarray(walker * d, (walker + 1) * d), states) < 1e-5)
      }
    }
    // Of 2,560 lanes.
    assert.ok(turns > 100 && unknown > 180 && unknown < 340, `${turns}, ${unknown}`)
  })
})
