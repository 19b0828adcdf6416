import { type TensorLayout, tensors } from '../engine/layout.ts'
import { netLayout } from '../learn/segment/net.ts'
import type { SegmentSpec } from '../learn/segment/types.ts'

/** The packed weights of a segment net as named tensors, in order and without gaps. */
export function netTensors(spec: SegmentSpec): readonly TensorLayout[] {
  const net = netLayout(spec)
  const { segment, hiddenSize: d, channels } = spec
  return [
    ...tensors(net.gru).map((tensor) => ({ ...tensor, name: `gru.${tensor.name}` })),
    { name: 'encoder.weight', shape: [d, net.features], offset: net.encoderW },
    { name: 'encoder.bias', shape: [d], offset: net.encoderB },
    { name: 'position.weight', shape: [net.blocks, net.half], offset: net.position },
    { name: 'channel.weight', shape: [channels, net.half], offset: net.channel },
    { name: 'output.weight', shape: [segment, d], offset: net.outW },
    { name: 'output.bias', shape: [segment], offset: net.outB },
    { name: 'interval.weight', shape: [2 * segment, d], offset: net.sideW },
    { name: 'interval.bias', shape: [2 * segment], offset: net.sideB },
  ]
}
