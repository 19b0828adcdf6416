import { viewOf } from './bytes.ts'
import { type Dtype, ITEM_SIZE } from './dtype.ts'
import { FormatError } from './error.ts'
import { MAX_DIMENSIONS, MAX_FILE } from './limits.ts'
import { eachStrided } from './strided.ts'
import type { Tensor } from './types.ts'

export interface TensorSource {
  /** What errors call the tensor; text from a file is quoted by the caller. @default a tensor */
  readonly name?: string
  readonly shape: readonly number[]
  readonly dtype: Dtype
  /** The numbers and nothing else. */
  readonly bytes: Uint8Array
  /** @default true */
  readonly littleEndian?: boolean
  /** Whether the first index runs fastest. @default false */
  readonly fortranOrder?: boolean
}

/**
 * A tensor over the bytes of a file, which are looked at when its numbers are asked for.
 * @throws FormatError when the shape is impossible or does not fit the bytes
 */
export function createTensor(source: TensorSource): Tensor {
  const { name = 'a tensor', shape, dtype, bytes, littleEndian = true, fortranOrder = false } = source
  const count = elementCount(shape, name)
  if (dtype !== 'other' && count * ITEM_SIZE[dtype] !== bytes.byteLength) {
    throw new FormatError(
      `${name} of shape [${shape.join(', ')}] and type ${dtype} needs ${count * ITEM_SIZE[dtype]} bytes, the file has ${bytes.byteLength}`,
    )
  }
  return {
    shape,
    dtype,
    values() {
      const values = decode(name, dtype, bytes, littleEndian)
      const bad = values.findIndex((v) => !Number.isFinite(v))
      if (bad >= 0) throw notFinite(name, dtype, bytes, littleEndian, bad)
      return fortranOrder ? toRowMajor(values, shape) : values
    },
  }
}

/**
 * How many numbers a shape holds.
 * @throws FormatError when a size is not a whole number, or there are more numbers than a file can hold
 */
export function elementCount(shape: readonly number[], name: string): number {
  if (shape.length > MAX_DIMENSIONS) {
    throw new FormatError(`${name} has ${shape.length} dimensions, at most ${MAX_DIMENSIONS} are read`)
  }
  let count = 1
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) {
      throw new FormatError(`${name} has the impossible size ${size} in its shape`)
    }
    // A size of zero must not hide the others: their product is checked as if it were one.
    count *= Math.max(size, 1)
    if (count > MAX_FILE) throw new FormatError(`${name} of shape [${shape.join(', ')}] is too large`)
  }
  return shape.includes(0) ? 0 : count
}

function decode(name: string, dtype: Dtype, bytes: Uint8Array, little: boolean): Float32Array {
  const view = viewOf(bytes)
  const read = readerOf(dtype, view, little)
  if (!read) throw new FormatError(`${name} is of type ${dtype}; weights must be floating-point numbers`)
  const size = ITEM_SIZE[dtype as keyof typeof ITEM_SIZE]
  const values = new Float32Array(bytes.byteLength / size)
  for (let i = 0; i < values.length; i++) values[i] = read(i * size)
  return values
}

function readerOf(dtype: Dtype, view: DataView, little: boolean): ((at: number) => number) | undefined {
  switch (dtype) {
    case 'F64':
      return (at) => view.getFloat64(at, little)
    case 'F32':
      return (at) => view.getFloat32(at, little)
    case 'F16':
      return (at) => fromHalf(view.getUint16(at, little))
    case 'BF16':
      return (at) => fromBrain(view.getUint16(at, little))
    default:
      return undefined
  }
}

/** IEEE 754 binary16: 1 bit of sign, 5 of exponent, 10 of fraction. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return sign * (1024 + fraction) * 2 ** (exponent - 25)
}

const scratch = new DataView(new ArrayBuffer(4))

/** bfloat16: the upper half of a float32. */
function fromBrain(bits: number): number {
  scratch.setUint32(0, bits * 0x10000)
  return scratch.getFloat32(0)
}

function notFinite(
  name: string,
  dtype: Dtype,
  bytes: Uint8Array,
  little: boolean,
  index: number,
): FormatError {
  const view = viewOf(bytes)
  const value = readerOf(dtype, view, little)?.(index * ITEM_SIZE[dtype as keyof typeof ITEM_SIZE])
  const what = Number.isFinite(value) ? `${value}, which is beyond float32,` : `${value}`
  return new FormatError(`${name} holds ${what} at index ${index}; weights must be finite`)
}

function toRowMajor(values: Float32Array, shape: readonly number[]): Float32Array {
  const result = new Float32Array(values.length)
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((a, b) => a * b, 1))
  eachStrided(shape, strides, 0, (to, from) => {
    result[to] = values[from]
  })
  return result
}
