import { FormatError } from '../error.ts'
import { MAX_DEPTH, MAX_DIMENSIONS } from '../limits.ts'
import type { Tensor } from '../types.ts'
import type { At, Constant, MadeNumbers, Numbers } from './values.ts'
import { charge, type Work } from './work.ts'

// Weights that exporters cut, join and transpose in the graph instead of beforehand. Numbers are looked up only when
// asked for, one by one from those of the file, so that no step on the way takes memory.

/** Numbers of one result. */
const MAX_RESULT = 2 ** 22
/** Numbers of the file that one result may be made of: twice its own, and some more. */
const MAX_SOURCES = 2.5 * MAX_RESULT

/** Numbers as the file has them. */
export function constantOf(origin: string, tensor: Tensor): Constant {
  const { shape, dtype } = tensor
  return { kind: 'constant', shape, dtype, origin, numbers: { tensor, depth: 0 } }
}

/** The same numbers in another shape of as many, of which one size may be −1; undefined when it does not fit. */
export function reshape(source: Constant, shape: readonly number[]): Constant | undefined {
  const total = count(source.shape)
  const known = shape.filter((size) => size !== -1).reduce((a, b) => a * b, 1)
  const full = shape.map((size) => (size === -1 ? total / known : size))
  const fits = full.every((size) => Number.isInteger(size) && size > 0) && count(full) === total
  return fits && full.length <= MAX_DIMENSIONS ? { ...source, shape: full } : undefined
}

/** What `Slice` takes of one axis. */
interface Cut {
  readonly axis: number
  readonly first: number
  readonly length: number
  readonly step: number
}

/** Axis i of the result is axis `order[i]` of the source. */
export function transpose(source: Constant, order: readonly number[]): Constant {
  const strides = stridesOf(source.shape)
  return strided(
    source,
    order.map((i) => source.shape[i]),
    order.map((i) => strides[i]),
    0,
  )
}

/** `length` entries of an axis from `first` on, `step` apart, of several axes at once. */
export function slice(source: Constant, cuts: readonly Cut[]): Constant {
  const shape = [...source.shape]
  const strides = stridesOf(source.shape)
  let offset = 0
  for (const { axis, first, length, step } of cuts) {
    shape[axis] = length
    offset += first * strides[axis]
    strides[axis] *= step
  }
  return strided(source, shape, strides, offset)
}

/** Joined along an axis; undefined when the other sizes differ. */
export function concatenate(parts: readonly Constant[], axis: number): Constant | undefined {
  const [first] = parts
  const fits = parts.every(
    ({ shape }) =>
      shape.length === first.shape.length && shape.every((size, i) => i === axis || size === first.shape[i]),
  )
  if (!fits || axis < 0 || axis >= first.shape.length) return undefined
  const lengths = parts.map(({ shape }) => count(shape.slice(axis)))
  const starts: number[] = []
  let row = 0
  for (const length of lengths) {
    starts.push(row)
    row += length
  }
  const shape = first.shape.map((size, i) =>
    i === axis ? parts.reduce((sum, part) => sum + part.shape[axis], 0) : size,
  )
  return derive(first, shape, parts, (sources) => (i) => {
    const along = i % row
    const part = lastAtMost(starts, along)
    return sources[part](((i - along) / row) * lengths[part] + along - starts[part])
  })
}

/** The numbers of a constant, which nothing else holds. */
export function valuesOf({ shape, numbers }: Constant, work: Work): Float32Array {
  const length = count(shape)
  charge(work, length * (numbers.depth + 1))
  if (numbers.tensor) return numbers.tensor.values()
  const at = open(numbers, { work, known: new Map(), sources: 0 })
  const result = new Float32Array(length)
  for (let i = 0; i < length; i++) result[i] = at(i)
  return result
}

/** Whether all numbers are zero, as first states must be, and all of those that they are made of. */
export function isZero({ numbers }: Constant, work: Work): boolean {
  return areZero(numbers, work)
}

/** Found out once for each array of the file, whatever is made of it. */
const zeros = new WeakMap<Numbers, boolean>()

function areZero(numbers: Numbers, work: Work): boolean {
  const known = zeros.get(numbers)
  if (known !== undefined) return known
  charge(work, numbers.tensor ? count(numbers.tensor.shape) : numbers.parents.length)
  const all = numbers.tensor
    ? numbers.tensor.values().every((v) => v === 0)
    : numbers.parents.every((each) => areZero(each, work))
  zeros.set(numbers, all)
  return all
}

/** Constants as far as they are opened to look numbers up. */
interface Opening {
  readonly work: Work
  readonly known: Map<Numbers, At>
  /** Numbers of the file in memory. */
  sources: number
}

function open(numbers: Numbers, opening: Opening): At {
  const known = opening.known.get(numbers)
  if (known) return known
  charge(opening.work, numbers.tensor ? count(numbers.tensor.shape) : numbers.parents.length)
  const at = numbers.tensor
    ? fromFile(numbers.tensor, opening)
    : numbers.pick(numbers.parents.map((each) => open(each, opening)))
  opening.known.set(numbers, at)
  return at
}

function fromFile(tensor: Tensor, opening: Opening): At {
  opening.sources += count(tensor.shape)
  if (opening.sources > MAX_SOURCES) throw tooMuch()
  const values = tensor.values()
  return (i) => values[i]
}

function strided(
  source: Constant,
  shape: readonly number[],
  strides: readonly number[],
  offset: number,
): Constant {
  return derive(source, shape, [source], ([from]) => {
    // The fastest axis first; those of size 1 have one index only.
    const axes = [...shape.keys()].reverse().filter((axis) => shape[axis] !== 1)
    const sizes = axes.map((axis) => shape[axis])
    const steps = axes.map((axis) => strides[axis])
    return (i) => {
      let at = offset
      let rest = i
      for (let axis = 0; axis < sizes.length; axis++) {
        const index = rest % sizes[axis]
        at += index * steps[axis]
        rest = (rest - index) / sizes[axis]
      }
      return from(at)
    }
  })
}

/** A constant made of others, when that is not too much. */
function derive(
  like: Constant,
  shape: readonly number[],
  sources: readonly Constant[],
  pick: MadeNumbers['pick'],
): Constant {
  const parents = sources.map(({ numbers }) => numbers)
  const depth = parents.reduce((deepest, parent) => Math.max(deepest, parent.depth), 0) + 1
  if (count(shape) > MAX_RESULT || depth > MAX_DEPTH) throw tooMuch()
  return { ...like, shape, numbers: { parents, depth, pick } }
}

function tooMuch(): FormatError {
  return new FormatError(
    `weights that the graph itself makes of others must have at most ${MAX_RESULT} numbers, in few steps`,
  )
}

/** Index of the last of rising numbers, the first of them 0, that is not above `limit`. */
function lastAtMost(rising: readonly number[], limit: number): number {
  let low = 0
  let high = rising.length
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (rising[middle] <= limit) low = middle
    else high = middle
  }
  return low
}

function stridesOf(shape: readonly number[]): number[] {
  let stride = 1
  return shape
    .map((_, i) => {
      const own = stride
      stride *= shape[shape.length - 1 - i]
      return own
    })
    .reverse()
}

function count(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1)
}
