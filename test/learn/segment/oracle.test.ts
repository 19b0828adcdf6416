import assert from 'node:assert/strict'
import { createRandom } from '../../../src/engine/random.ts'
import { initialiseNet } from '../../../src/learn/segment/initialise.ts'
import { netLayout } from '../../../src/learn/segment/net.ts'
import type { SegmentSpec } from '../../../src/learn/segment/types.ts'
import { assertGradient, worst } from '../numeric.ts'
import { createOracle, intervalLoss } from './oracle.ts'

const SPEC: SegmentSpec = {
  segment: 2,
  horizon: 3,
  hiddenSize: 4,
  seasonal: true,
  scale: 'fixed',
  channels: 3,
}

/** A net with random weights, inputs and targets; two lanes have channels, one has none. */
function open(seed: number, spec: SegmentSpec, sideShare?: number) {
  const random = createRandom(seed)
  const [steps, lanes] = [2, 3]
  const { size, blocks } = netLayout(spec)
  const weights = initialiseNet(spec, random)
  const grads = new Float64Array(size)
  const outputs = blocks * steps * lanes
  const draw = (length: number) => Float64Array.from({ length }, () => random.normal())
  const mask = draw(outputs * spec.hiddenSize).map((v) => (v > -1 ? 1.25 : 0))
  const channels = spec.channels > 0 ? [2, -1, 0] : [-1, -1, -1]
  const oracle = createOracle(spec, weights, grads, { steps, lanes, channels, mask, sideShare })
  oracle.x.set(draw(oracle.x.length))
  oracle.h.set(draw(lanes * spec.hiddenSize))
  const target = draw(outputs * spec.segment)
  const share = draw(target.length).map(Math.abs)
  return { ...oracle, weights, grads, target, share, centre: new Float64Array(target.length) }
}

function meansOf(segment: number, out: Float64Array): Float64Array {
  return Float64Array.from(
    { length: out.length / 3 },
    (_, i) => out[Math.floor(i / segment) * 3 * segment + (i % segment)],
  )
}

describe('the float64 segment net', () => {
  it('has gradients that agree with finite differences, for every weight', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const spec = { ...SPEC, seasonal: seed % 2 === 0, channels: seed === 5 ? 0 : SPEC.channels }
      const { weights, grads, dOut, out, forward, backward, ...targets } = open(seed, spec, 1)
      forward()
      // The limits lie about means that no gradient flows into.
      targets.centre.set(meansOf(spec.segment, out))
      const loss = (): number => {
        forward()
        return intervalLoss(spec.segment, out, targets, new Float64Array(dOut.length)).total
      }
      intervalLoss(spec.segment, out, targets, dOut)
      backward()
      assertGradient(`seed ${seed}, weight`, loss, weights, grads)
    }
  })

  it('gives the net 0.3 of the gradient of the sides, and their own weights all of it', () => {
    const gradientsOf = (side: number | undefined, mean: number, sides: number) => {
      const net = open(7, SPEC, side)
      net.forward()
      net.dOut.set(
        net.out.map((_, i) => (i % (3 * SPEC.segment) < SPEC.segment ? mean : sides) * (1 + (i % 5))),
      )
      net.backward()
      return net.grads
    }
    const [found, ofMean, ofSides] = [
      gradientsOf(undefined, 1, 1),
      gradientsOf(1, 1, 0),
      gradientsOf(1, 0, 1),
    ]
    const { sideW } = netLayout(SPEC)
    const expected = ofMean.map((g, i) => g + (i < sideW ? 0.3 : 1) * ofSides[i])
    assert.ok(worst(found, expected) < 1e-12)
    assert.ok(ofSides.subarray(0, sideW).some((g) => Math.abs(g) > 0.01))
  })

  it('has least loss where 5 % of the truths lie beyond each limit', () => {
    const random = createRandom(3)
    const truths = Float64Array.from({ length: 2000 }, () => random.normal())
    const slopes = (side: number): number[] => {
      const out = Float64Array.from({ length: 3 * truths.length }, (_, i) => (i % 3 === 0 ? 0 : side))
      const dOut = new Float64Array(out.length)
      intervalLoss(1, out, { target: truths, share: truths.map(() => 1) }, dOut)
      return [1, 2].map((part) => dOut.filter((_, i) => i % 3 === part).reduce((sum, g) => sum + g, 0))
    }
    // softplus(1.4319) = 1.6449, the deviation that 5 % of normal truths exceed.
    for (const slope of slopes(1.2)) assert.ok(slope < 0)
    for (const slope of slopes(1.7)) assert.ok(slope > 0)
  })
})
