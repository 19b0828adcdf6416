import { FormatError } from '../error.ts'
import { MAX_DEPTH, MAX_DIMENSIONS } from '../limits.ts'
import { eachStrided } from '../strided.ts'
import type { Tensor } from '../types.ts'
import type { Constant } from './values.ts'
import { charge, type Work } from './work.ts'

// Weights that exporters cut, join and transpose in the graph instead of beforehand. Numbers are touched only when asked for.

/** Numbers of one result. */
const MAX_RESULT = 2 ** 22
/** Numbers in memory at once on the way to it: enough for one joined of the parts of another. */
const MAX_HELD = 2.5 * MAX_RESULT

export function constantOf(origin: string, tensor: Tensor): Constant {
  const { shape, dtype } = tensor
  const values = (): Float32Array => tensor.values()
  const numbers = count(shape)
  return { kind: 'constant', shape, dtype, origin, cost: numbers + 1, held: numbers, depth: 0, values }
}

/** The same numbers in another shape of as many, of which one size may be −1; undefined when it does not fit. */
export function reshape(source: Constant, shape: readonly number[]): Constant | undefined {
  const total = count(source.shape)
  const known = shape.filter((size) => size !== -1).reduce((a, b) => a * b, 1)
  const full = shape.map((size) => (size === -1 ? total / known : size))
  const fits = full.every((size) => Number.isInteger(size) && size > 0) && count(full) === total
  if (!fits || full.length > MAX_DIMENSIONS) return undefined
  return derive(source, full, source, source.values)
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

/** `length` entries of an axis from `start` on, `step` apart. */
export function cut(source: Constant, axis: number, start: number, length: number, step: number): Constant {
  const strides = stridesOf(source.shape)
  return strided(
    source,
    source.shape.map((size, i) => (i === axis ? length : size)),
    strides.map((stride, i) => (i === axis ? stride * step : stride)),
    start * strides[axis],
  )
}

/** Joined along an axis; undefined when the other sizes differ. */
export function concatenate(parts: readonly Constant[], axis: number): Constant | undefined {
  const [first] = parts
  const fits = parts.every(
    ({ shape }) =>
      shape.length === first.shape.length && shape.every((size, i) => i === axis || size === first.shape[i]),
  )
  if (!fits || axis < 0 || axis >= first.shape.length) return undefined
  const shape = first.shape.map((size, i) =>
    i === axis ? parts.reduce((sum, p) => sum + p.shape[axis], 0) : size,
  )
  const makings = {
    cost: parts.reduce((sum, part) => sum + part.cost, count(shape)),
    held: parts.reduce((most, part) => Math.max(most, part.held), 0) + count(shape),
    depth: parts.reduce((deepest, part) => Math.max(deepest, part.depth), 0),
  }
  return derive(first, shape, makings, () => {
    const result = new Float32Array(count(shape))
    const row = count(shape.slice(axis))
    let start = 0
    for (const part of parts) {
      const values = part.values()
      const length = count(part.shape.slice(axis))
      for (let from = 0, to = start; from < values.length; to += row) {
        for (let i = 0; i < length; i++) result[to + i] = values[from++]
      }
      start += length
    }
    return result
  })
}

/** The numbers of a constant, paid for. */
export function valuesOf(constant: Constant, work: Work): Float32Array {
  charge(work, constant.cost)
  return constant.values()
}

/** Whether all numbers are zero, as first states must be. */
export function isZero(constant: Constant, work: Work): boolean {
  // Reshaped numbers have the same source, and are looked at once.
  const known = zeros.get(constant.values) ?? valuesOf(constant, work).every((v) => v === 0)
  zeros.set(constant.values, known)
  return known
}

const zeros = new WeakMap<Constant['values'], boolean>()

function strided(
  source: Constant,
  shape: readonly number[],
  strides: readonly number[],
  offset: number,
): Constant {
  const makings = {
    cost: source.cost + count(shape),
    held: Math.max(source.held, count(source.shape) + count(shape)),
    depth: source.depth,
  }
  return derive(source, shape, makings, () => {
    const from = source.values()
    const result = new Float32Array(count(shape))
    // Axes of size 1 would only be stepped over again and again.
    const long = [...shape.keys()].filter((i) => shape[i] !== 1)
    eachStrided(
      long.map((i) => shape[i]),
      long.map((i) => strides[i]),
      offset,
      (to, at) => {
        result[to] = from[at]
      },
    )
    return result
  })
}

/** A constant made of others, when that is not too much. */
function derive(
  source: Constant,
  shape: readonly number[],
  { cost, held, depth }: Pick<Constant, 'cost' | 'held' | 'depth'>,
  values: () => Float32Array,
): Constant {
  const isSame = values === source.values
  if (!isSame && (count(shape) > MAX_RESULT || held > MAX_HELD || depth >= MAX_DEPTH)) {
    throw new FormatError(
      `weights that the graph itself makes of others must have at most ${MAX_RESULT} numbers, in few steps`,
    )
  }
  return { ...source, shape, cost: cost + 1, held, depth: isSame ? depth : depth + 1, values }
}

function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, i) => count(shape.slice(i + 1)))
}

function count(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1)
}
