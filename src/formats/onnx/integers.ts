import { MAX_DIMENSIONS } from '../limits.ts'
import { cutsOf, entries, integer, numbersOf } from './arguments.ts'
import { type Group, sizeOf } from './axes.ts'
import type { Node } from './model-proto.ts'
import type { Integers, Value } from './values.ts'

// Arithmetic on shapes, as exporters write it for sizes that only a run tells.

/** Longest list that is followed. */
const MAX_ITEMS = 64

const OPEN: Integers = { kind: 'integers' }

export function integersValue(items: Integers['items']): Integers {
  return items && items.length <= MAX_ITEMS ? { kind: 'integers', items } : OPEN
}

/** `Shape`. */
export function shapeOf(node: Node, value: Value | undefined): Integers {
  const all =
    value?.kind === 'constant'
      ? value.shape
      : value && 'axes' in value
        ? value.axes.map((group) => sizeOf(group) ?? group)
        : undefined
  return integersValue(all?.slice(integer(node, 'start', 0), integer(node, 'end', all.length)))
}

/** What a node makes of whole numbers alone; what is not followed is open, and matters only where it is used. */
export function onIntegers(node: Node, inputs: readonly (Value | undefined)[]): Integers {
  const lists = inputs.flatMap((value) => (value?.kind === 'integers' ? [value.items] : []))
  const [items] = lists
  const [first] = inputs
  if (!items) return OPEN
  switch (node.op) {
    case 'Cast':
    case 'Identity':
      return first?.kind === 'integers' ? first : OPEN
    case 'Squeeze':
    case 'Unsqueeze':
      return integersValue(items)
    case 'Expand':
    case 'Tile':
      return items.length === 1 ? integersValue(items) : OPEN
    case 'Concat':
      return lists.length <= MAX_ITEMS && lists.every((list) => list)
        ? integersValue(lists.flatMap((list) => list ?? []))
        : OPEN
    case 'Gather': {
      const indices = numbersOf(inputs[1])
      return integersValue(indices?.map((i) => items.at(i)))
    }
    case 'Slice': {
      const cut = cutsOf(node, inputs, 1)?.[0]
      if (!cut) return OPEN
      const { first, length } = entries(cut, items.length)
      return integersValue(
        Array.from({ length: Math.min(length, MAX_ITEMS) }, (_, i) => items[first + i * cut.step]),
      )
    }
    case 'Mul':
      return integersValue(lists.every((list) => list?.length === 1) ? [times(lists.flat())] : undefined)
    default:
      return OPEN
  }
}

/** The product of two sizes. */
function times([a, b]: readonly (number | Group | undefined)[]): number | Group | undefined {
  if (typeof a === 'number' && typeof b === 'number') return a * b
  if (a === undefined || b === undefined || typeof a === 'number' || typeof b === 'number') return undefined
  // What multiplies itself again and again would double without end.
  return a.length + b.length <= MAX_DIMENSIONS ? [...a, ...b] : undefined
}
