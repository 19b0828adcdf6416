import type { Random } from '../../src/engine/random.ts'
import { netLayout } from '../../src/learn/segment/net.ts'
import type { SegmentSpec } from '../../src/learn/segment/types.ts'

/** Gives an untrained net, whose output layer is zero, something to say. */
export function fillOutput(spec: SegmentSpec, weights: Float64Array, random: Random): Float64Array {
  const { outW, size } = netLayout(spec)
  for (let i = outW; i < size; i++) weights[i] = random.uniform(-0.5, 0.5)
  return weights
}
