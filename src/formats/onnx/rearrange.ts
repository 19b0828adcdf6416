import { type Cut, cutsOf, entries, integer, list, numbersOf } from './arguments.ts'
import {
  type Axes,
  axis,
  type Group,
  permute,
  regroup,
  same,
  sizeOf,
  squeeze,
  unsqueeze,
  type Wanted,
} from './axes.ts'
import { concatenate, reshape, slice, transpose } from './fold.ts'
import type { Node } from './model-proto.ts'
import type { Constant, Hidden, Input, Projected, Steps, Value } from './values.ts'
import type { Work } from './work.ts'

// Nodes that move numbers and leave them as they are, on data whose axes are known and on weights.

type Inputs = readonly (Value | undefined)[]
type Flow = Input | Hidden | Projected

/** Ends of slices that mean the end of the axis, whatever its size. */
const TO_THE_END = 2 ** 31 - 1

/** The result on data; undefined when it is not known exactly. */
export function rearrange(node: Node, flow: Flow, inputs: Inputs, work: Work): Flow | undefined {
  const { axes } = flow
  const rank = axes.length
  const withAxes = (result: Axes | undefined): Flow | undefined => result && { ...flow, axes: result }
  switch (node.op) {
    case 'Transpose':
      return withAxes(permute(axes, node.attributes.get('perm')?.ints ?? [...axes.keys()].reverse()))
    case 'Squeeze': {
      const which = list(node, 'axes', inputs[1])
      return which && withAxes(squeeze(axes, which === 'absent' ? undefined : which))
    }
    case 'Unsqueeze': {
      const which = list(node, 'axes', inputs[1])
      return Array.isArray(which) ? withAxes(unsqueeze<Group>(axes, which, [])) : undefined
    }
    case 'Reshape': {
      const wanted = wantedOf(node, axes, inputs[1])
      return wanted && withAxes(regroup(axes, wanted, work))
    }
    case 'Flatten': {
      const at = integer(node, 'axis', 1)
      const before = at < 0 ? at + rank : at
      return before >= 0 && before <= rank
        ? withAxes([axes.slice(0, before).flat(), axes.slice(before).flat()])
        : undefined
    }
    case 'Slice': {
      let result: Flow | undefined = flow
      for (const cut of cutsOf(node, inputs, rank) ?? [undefined]) {
        result = result && cut && take(result, cut.axis, which(cut, sizeOf(axes[cut.axis])), true)
      }
      return result
    }
    case 'Gather': {
      const at = integer(node, 'axis', 0)
      const [index, ...more] = numbersOf(inputs[1]) ?? []
      const i = at < 0 ? at + rank : at
      if (index === undefined || more.length > 0 || !axes[i]) return undefined
      const size = sizeOf(axes[i])
      const cut = { axis: i, start: index, end: index === -1 ? TO_THE_END : index + 1, step: 1 }
      return take(flow, i, which(cut, size), inputs[1]?.kind !== 'integers' || !inputs[1].scalar)
    }
    default:
      return undefined
  }
}

/** The sizes that `Reshape` is asked for, 0 being that of the same axis. */
function wantedOf(node: Node, axes: Axes, shape: Value | undefined): Wanted[] | undefined {
  if (shape?.kind !== 'integers' || !shape.items) return undefined
  const wanted = shape.items.map((item, i): Wanted | undefined => {
    if (item === 0) return integer(node, 'allowzero', 0) === 0 ? axes[i] : undefined
    if (item === -1) return 'rest'
    return typeof item === 'number' && item < 0 ? undefined : item
  })
  return wanted.every((item) => item !== undefined) ? wanted : undefined
}

/** Which steps a cut takes; 'part' when others. */
function which({ start, end, step }: Cut, size: number | undefined): Steps | 'part' {
  const toEnd = end >= (size ?? TO_THE_END)
  if (step !== 1) return 'part'
  if (toEnd && (start === 0 || (size !== undefined && start === -size))) return 'all'
  if (toEnd && (start === -1 || (size !== undefined && start === size - 1))) return 'last'
  return start === 0 && end === 1 ? 'first' : 'part'
}

/** Steps of a sequence, or a part of an input that is not looked into. */
function take(flow: Flow, index: number, steps: Steps | 'part', keep: boolean): Flow | undefined {
  const group = flow.axes[index]
  const left = flow.axes.flatMap((other, i) => (i !== index ? [other] : keep ? [[]] : []))
  if (group.length === 0 && steps !== 'part') return { ...flow, axes: left }
  if (steps === 'all' && keep) return flow
  if (flow.kind === 'input') {
    const axes = keep ? flow.axes.map((other, i) => (i === index ? axis() : other)) : left
    return { ...flow, part: true, axes }
  }
  const { time } = flow.kind === 'projected' ? flow.head.gru : flow.gru
  const sequence = flow.kind !== 'states' && same(group, time)
  return sequence && steps !== 'part' ? { ...flow, steps, axes: left } : undefined
}

/** The result on weights; undefined when it is not followed. */
export function rearrangeConstant(node: Node, source: Constant, inputs: Inputs): Constant | undefined {
  const { shape } = source
  const rank = shape.length
  switch (node.op) {
    case 'Transpose': {
      const order = node.attributes.get('perm')?.ints ?? [...shape.keys()].reverse()
      return new Set(order).size === rank && order.every((i) => shape[i] !== undefined)
        ? transpose(source, order)
        : undefined
    }
    case 'Squeeze': {
      const axes = list(node, 'axes', inputs[1])
      const drop = axes === 'absent' ? undefined : axes?.map((i) => (i < 0 ? i + rank : i))
      if (axes === undefined || drop?.some((i) => shape[i] !== 1)) return undefined
      return reshape(
        source,
        shape.filter((size, i) => !(drop ? drop.includes(i) : size === 1)),
      )
    }
    case 'Unsqueeze': {
      const axes = list(node, 'axes', inputs[1])
      const sizes = Array.isArray(axes) ? unsqueeze(shape, axes, 1) : undefined
      return sizes && reshape(source, sizes)
    }
    case 'Reshape': {
      const sizes = numbersOf(inputs[1])?.map((size, i) => (size === 0 ? shape[i] : size))
      return sizes && reshape(source, sizes)
    }
    case 'Slice': {
      const cuts = cutsOf(node, inputs, rank)
      return (
        cuts &&
        slice(
          source,
          cuts.map((cut) => ({ ...cut, ...entries(cut, shape[cut.axis]) })),
        )
      )
    }
    case 'Concat': {
      const parts = inputs.flatMap((value) => (value?.kind === 'constant' ? [value] : []))
      const at = integer(node, 'axis', 0)
      return parts.length === inputs.length ? concatenate(parts, at < 0 ? at + rank : at) : undefined
    }
    default:
      return undefined
  }
}
