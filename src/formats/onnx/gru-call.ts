import { quote } from '../../quote.ts'
import { FormatError } from '../error.ts'
import { MAX_DIMENSIONS } from '../limits.ts'
import { integer } from './arguments.ts'
import { type Axes, axis, type Group } from './axes.ts'
import type { Node } from './model-proto.ts'
import type { GruCall, Value } from './values.ts'

const DIRECTIONS = ['forward', 'reverse', 'bidirectional'] as const

/** A node as errors call it. */
export function nameOf(node: Node): string {
  return quote(node.name || (node.outputs.find((name) => name) ?? ''))
}

/**
 * What a GRU node is about; its weights and the rest of its attributes are checked when it is chosen.
 * @throws FormatError when not even its outputs can be told
 */
export function callGru(node: Node, inputs: readonly (Value | undefined)[]): GruCall {
  const R = inputs[2]
  const declared = node.attributes.get('hidden_size')?.i
  const hiddenSize = declared ?? (R?.kind === 'constant' ? R.shape[2] : undefined)
  if (hiddenSize === undefined || !(hiddenSize > 0)) {
    throw new FormatError(`the GRU ${nameOf(node)} has the hidden size ${hiddenSize}`)
  }
  const text = node.attributes.get('direction')?.s ?? 'forward'
  const direction = DIRECTIONS.find((name) => name === text)
  if (!direction) throw new FormatError(`the GRU ${nameOf(node)} has the direction ${quote(text)}`)
  const layout = integer(node, 'layout', 0)
  if (layout !== 0 && layout !== 1) throw new FormatError(`the GRU ${nameOf(node)} has the layout ${layout}`)

  const X = inputs[0]
  const order = layout === 0 ? (['time', 'batch'] as const) : (['batch', 'time'] as const)
  // Axes joined again and again in a chain of GRUs are no longer told apart.
  const isKnown = X && 'axes' in X && X.axes.length === 3 && X.axes.flat().length <= MAX_DIMENSIONS
  const [first, second] = isKnown ? X.axes : [axis(), axis()]
  const [time, batch] = layout === 0 ? [first, second] : [second, first]
  const features = [...axis(direction === 'bidirectional' ? 2 : 1), ...axis(hiddenSize)]
  return { node, hiddenSize, direction, inputs, time, batch, features, order }
}

/** Axes of the outputs Y and Y_h. */
export function outputAxes({ direction, time, batch, features, order }: GruCall): { y: Axes; states: Axes } {
  const parts: Group = direction === 'bidirectional' ? features.slice(0, 1) : []
  const units = direction === 'bidirectional' ? features.slice(1) : features
  return order[0] === 'time'
    ? { y: [time, parts, batch, units], states: [parts, batch, units] }
    : { y: [batch, time, parts, units], states: [batch, parts, units] }
}
