import { createRandom } from '../../../src/engine/random.ts'
import type { NewSteps } from '../../../src/learn/follow/types.ts'
import { initialiseNet } from '../../../src/learn/segment/initialise.ts'
import type { SegmentModel, SegmentSpec } from '../../../src/learn/segment/types.ts'

/** A net that has learned nothing, with a channel for each key. */
export function untaught(more: Partial<SegmentSpec> = {}, keys: readonly string[] = ['a']): SegmentModel {
  const spec: SegmentSpec = {
    segment: 4,
    horizon: 6,
    hiddenSize: 8,
    seasonal: true,
    scale: 'running',
    ...more,
    channels: keys.length,
  }
  const weights = Float32Array.from(initialiseNet(spec, createRandom(1)))
  return { spec, weights, channels: keys.map((key) => ({ key, unit: 2, season: 12 })) }
}

/** Values of a stream, all of them observed. */
export function stepsOf(values: ArrayLike<number>, more: Partial<NewSteps> = {}): NewSteps {
  return {
    stream: 1,
    key: 'a',
    values: Float64Array.from(values),
    observed: new Uint8Array(values.length).fill(1),
    restarted: false,
    unit: 2,
    season: 12,
    ...more,
  }
}
