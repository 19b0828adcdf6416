import type { Node } from './model-proto.ts'
import type { Value } from './values.ts'

// What nodes are told beside their data: as attributes in old opsets, as inputs in new ones.

/** A list of whole numbers that the file fixes; undefined when it does not. */
export function numbersOf(value: Value | undefined): readonly number[] | undefined {
  if (value?.kind !== 'integers') return undefined
  const { items } = value
  return items?.every((item) => typeof item === 'number') ? items : undefined
}

/** An attribute that is a whole number. */
export function integer(node: Node, name: string, fallback: number): number {
  return node.attributes.get(name)?.i ?? fallback
}

/** A list given as the attribute `name`, or as an input; 'absent' without either, undefined when not fixed. */
export function list(
  node: Node,
  name: string,
  input: Value | undefined,
): readonly number[] | 'absent' | undefined {
  if (input) return numbersOf(input)
  return node.attributes.get(name)?.ints ?? 'absent'
}

/** One axis cut by `Slice`. */
export interface Cut {
  readonly axis: number
  readonly start: number
  readonly end: number
  readonly step: number
}

/** What `Slice` cuts of a value of that rank; undefined when the file does not fix it. */
export function cutsOf(node: Node, inputs: readonly (Value | undefined)[], rank: number): Cut[] | undefined {
  const starts = list(node, 'starts', inputs[1])
  const ends = list(node, 'ends', inputs[2])
  const axes = list(node, 'axes', inputs[3])
  const steps = list(node, 'steps', inputs[4])
  if (!Array.isArray(starts) || !Array.isArray(ends) || !axes || !steps) return undefined
  if (starts.length !== ends.length || starts.length > rank) return undefined
  const cuts = starts.map((start, i) => {
    const axis = axes === 'absent' ? i : axes[i]
    return {
      axis: axis < 0 ? axis + rank : axis,
      start,
      end: ends[i],
      step: steps === 'absent' ? 1 : steps[i],
    }
  })
  const distinct = new Set(cuts.map(({ axis }) => axis)).size === cuts.length
  return distinct && cuts.every(({ axis, step }) => axis >= 0 && axis < rank && step) ? cuts : undefined
}

/** The entries that a cut takes of an axis of that size, as the specification of `Slice` clamps them. */
export function entries(
  { start, end, step }: Cut,
  size: number,
): { readonly first: number; readonly length: number } {
  const clamp = (at: number, low: number, high: number): number =>
    Math.min(Math.max(at < 0 ? at + size : at, low), high)
  const back = step < 0
  const first = back ? clamp(start, 0, size - 1) : clamp(start, 0, size)
  const last = back ? clamp(end, -1, size - 1) : clamp(end, 0, size)
  return { first, length: Math.max(0, Math.ceil((last - first) / step)) }
}
