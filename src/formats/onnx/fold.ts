import { FormatError } from '../error.ts'
import { MAX_DEPTH } from '../limits.ts'
import type { Tensor } from '../types.ts'
import type { Constant } from './values.ts'

// Weights that exporters cut, join and transpose in the graph instead of beforehand. Numbers are touched only when asked for.

/** Numbers of one result, and numbers handled on the way to it. */
const MAX_RESULT = 2 ** 22
const MAX_COST = 2 ** 26

export function constantOf(origin: string, tensor: Tensor): Constant {
  const { shape, dtype } = tensor
  const values = (): Float32Array => tensor.values()
  return { kind: 'constant', shape, dtype, origin, cost: count(shape), depth: 0, values }
}

/** The same numbers in another shape of as many, of which one size may be −1; undefined when it does not fit. */
export function reshape(source: Constant, shape: readonly number[]): Constant | undefined {
  const total = count(source.shape)
  const known = shape.filter((size) => size !== -1).reduce((a, b) => a * b, 1)
  const full = shape.map((size) => (size === -1 ? total / known : size))
  const fits = full.every((size) => Number.isInteger(size) && size > 0) && count(full) === total
  return fits ? derive(source, full, 0, () => source.values()) : undefined
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
  if (!fits || axis >= first.shape.length) return undefined
  const shape = first.shape.map((size, i) =>
    i === axis ? parts.reduce((sum, p) => sum + p.shape[axis], 0) : size,
  )
  const cost = parts.slice(1).reduce((sum, part) => sum + part.cost, count(shape))
  const deepest = parts.reduce((a, b) => (b.depth > a.depth ? b : a))
  return { ...derive({ ...first, depth: deepest.depth }, shape, cost, joined) }

  function joined(): Float32Array {
    const result = new Float32Array(count(shape))
    const outer = count(shape.slice(0, axis))
    const row = count(shape.slice(axis))
    let at = 0
    for (const part of parts) {
      const values = part.values()
      const length = count(part.shape.slice(axis))
      for (let i = 0; i < outer; i++) result.set(values.subarray(i * length, (i + 1) * length), i * row + at)
      at += length
    }
    return result
  }
}

/** Whether all numbers are zero, as first states must be; of large constants made of others it is not found out. */
export function isZero(constant: Constant): boolean {
  if (constant.depth > 0 && constant.cost > MAX_RESULT) return false
  const known = zeros.get(constant) ?? constant.values().every((v) => v === 0)
  zeros.set(constant, known)
  return known
}

const zeros = new WeakMap<Constant, boolean>()

function strided(
  source: Constant,
  shape: readonly number[],
  strides: readonly number[],
  offset: number,
): Constant {
  return derive(source, shape, count(shape), () => {
    const from = source.values()
    const result = new Float32Array(count(shape))
    const index = shape.map(() => 0)
    let at = offset
    for (let i = 0; i < result.length; i++) {
      result[i] = from[at]
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        at += strides[axis]
        if (++index[axis] < shape[axis]) break
        at -= strides[axis] * shape[axis]
        index[axis] = 0
      }
    }
    return result
  })
}

function derive(
  source: Constant,
  shape: readonly number[],
  cost: number,
  values: () => Float32Array,
): Constant {
  const total = source.cost + cost
  if ((cost > 0 && count(shape) > MAX_RESULT) || total > MAX_COST || source.depth >= MAX_DEPTH) {
    throw new FormatError(
      `weights that the graph itself makes of others must have at most ${MAX_RESULT} numbers, in few steps`,
    )
  }
  return { ...source, shape, cost: total, depth: source.depth + 1, values }
}

function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, i) => count(shape.slice(i + 1)))
}

function count(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1)
}
