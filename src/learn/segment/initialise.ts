import { layout } from '../../engine/layout.ts'
import type { Random } from '../../engine/random.ts'
import { netLayout } from './net.ts'
import type { SegmentSpec } from './types.ts'

/**
 * Fresh weights: PyTorch's defaults: U(±1/√fan-in), GRU U(±1/√d), positions and embeddings N(0, 1).
 */
export function initialiseNet(spec: SegmentSpec, random: Random): Float64Array {
  const net = netLayout(spec)
  const weights = new Float64Array(net.size)
  const spread = (from: number, to: number, fanIn: number): void => {
    const limit = 1 / Math.sqrt(fanIn)
    for (let i = from; i < to; i++) weights[i] = random.uniform(-limit, limit)
  }
  spread(0, layout(net.gru).size, spec.hiddenSize)
  spread(net.encoderW, net.position, net.features)
  for (let i = net.position; i < net.outW; i++) weights[i] = random.normal()
  spread(net.outW, net.size, spec.hiddenSize)
  return weights
}
