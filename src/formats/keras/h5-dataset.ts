import type { DataObjects } from 'jsfive'
import { quote } from '../../quote.ts'
import type { Dtype } from '../dtype.ts'
import { FormatError } from '../error.ts'
import { MAX_DIMENSIONS } from '../limits.ts'
import { elementCount } from '../tensor.ts'
import { MAX_CHUNK, MAX_CHUNKED } from './h5-limits.ts'
import type { H5Dataset } from './protocol.ts'

// Header messages, HDF5 File Format Specification 3.0, IV.A.2.
const DATASPACE = 1
const DATATYPE = 3
const EXTERNAL_FILES = 7
const LAYOUT = 8
const SHARED = 2
const COMPACT = 0
const CONTIGUOUS = 1
const CHUNKED = 2
const INTEGER = 0
const FLOAT = 1
const UNDEFINED = 0xffff_ffff_ffff_ffffn

/** By precision, exponent location and size, mantissa location and size, exponent bias. */
const FLOATS: ReadonlyMap<string, Dtype> = new Map([
  ['64 52 11 0 52 1023', 'F64'],
  ['32 23 8 0 23 127', 'F32'],
  ['16 10 5 0 10 15', 'F16'],
  ['16 7 8 0 7 127', 'BF16'],
])
const INTEGERS: ReadonlyMap<string, Dtype> = new Map([
  ['i8', 'I64'],
  ['i4', 'I32'],
  ['i2', 'I16'],
  ['i1', 'I8'],
  ['u8', 'U64'],
  ['u4', 'U32'],
  ['u2', 'U16'],
  ['u1', 'U8'],
])

/**
 * A dataset's shape, type and place in the file, all checked; only what is stored in chunks is read by the library.
 * @throws FormatError when it cannot be read
 */
export function readDataset(buffer: ArrayBuffer, objects: DataObjects, path: string): H5Dataset {
  const name = quote(path)
  const view = new DataView(buffer)
  if (objects.find_msg_type(EXTERNAL_FILES).length > 0) {
    throw new FormatError(`${name} in the HDF5 file keeps its numbers in another file`)
  }
  const shape = readShape(view, message(objects, DATASPACE, name), name)
  const { dtype, littleEndian, size } = readType(view, message(objects, DATATYPE, name))
  const count = elementCount(shape, name)
  const at = message(objects, LAYOUT, name)
  const storage = readLayout(view, at)
  if (storage === CHUNKED) {
    return { path, shape, dtype, littleEndian: true, data: readChunks(objects, count, dtype, name) }
  }
  if (storage === undefined || (storage.at === undefined && count > 0)) {
    throw new FormatError(`${name} in the HDF5 file is stored in a way that Keras does not use`)
  }
  const data = { at: storage.at ?? 0, length: count * size }
  if (data.at + data.length > buffer.byteLength) {
    throw new FormatError(
      `${name} of shape [${shape.join(', ')}] needs ${data.length} bytes from ${data.at} on, the file has ${buffer.byteLength}`,
    )
  }
  return { path, shape, dtype, littleEndian, data }
}

function message(objects: DataObjects, type: number, name: string): number {
  const [found] = objects.find_msg_type(type)
  if (!found || found.get('flags') & SHARED) {
    throw new FormatError(`${name} in the HDF5 file has no description of its own`)
  }
  return found.get('offset_to_message')
}

/** Sizes of a dataspace message at `at`. */
export function readShape(view: DataView, at: number, name: string): number[] {
  const version = view.getUint8(at)
  const rank = view.getUint8(at + 1)
  if (version !== 1 && version !== 2)
    throw new FormatError(`${name} in the HDF5 file has a shape of unknown kind`)
  if (rank > MAX_DIMENSIONS) {
    throw new FormatError(`${name} has ${rank} dimensions, at most ${MAX_DIMENSIONS} are read`)
  }
  const sizes = at + (version === 1 ? 8 : 4)
  return Array.from({ length: rank }, (_, i) => Number(view.getBigUint64(sizes + 8 * i, true)))
}

function readType(view: DataView, at: number): { dtype: Dtype; littleEndian: boolean; size: number } {
  const kind = view.getUint8(at) & 0x0f
  const flags = view.getUint8(at + 1)
  const size = view.getUint32(at + 4, true)
  const littleEndian = (flags & 1) === 0
  if (kind === INTEGER) {
    return { dtype: INTEGERS.get(`${flags & 8 ? 'i' : 'u'}${size}`) ?? 'other', littleEndian, size }
  }
  if (kind !== FLOAT) return { dtype: 'other', littleEndian, size }
  const precision = view.getUint16(at + 10, true)
  const fields = [12, 13, 14, 15].map((field) => view.getUint8(at + field))
  const key = [precision, ...fields, view.getUint32(at + 16, true)].join(' ')
  const plain = size * 8 === precision && view.getUint16(at + 8, true) === 0 && (flags & 0x40) === 0
  return { dtype: (plain && FLOATS.get(key)) || 'other', littleEndian, size }
}

/** Where the numbers begin, without address when none were written; undefined for kinds that are not read. */
function readLayout(view: DataView, at: number): { at?: number } | typeof CHUNKED | undefined {
  const version = view.getUint8(at)
  const kind = view.getUint8(at + (version < 3 ? 2 : 1))
  if (kind === CHUNKED) return CHUNKED
  if (kind === COMPACT && version >= 3) return { at: at + 4 }
  if (kind !== CONTIGUOUS) return undefined
  const address = view.getBigUint64(at + (version < 3 ? 8 : 2), true)
  return address === UNDEFINED ? {} : { at: Number(address) }
}

function readChunks(
  objects: DataObjects,
  count: number,
  dtype: Dtype,
  name: string,
): Uint8Array<ArrayBuffer> {
  if (dtype !== 'F32' && dtype !== 'F64') {
    throw new FormatError(
      `${name} in the HDF5 file is stored in chunks of another type than float32 and float64`,
    )
  }
  let values: unknown[]
  try {
    const chunk = elementCount(objects.chunks ?? [], name)
    if (count > MAX_CHUNKED || chunk > MAX_CHUNK) {
      throw new FormatError(
        `${name} in the HDF5 file has more than ${MAX_CHUNKED} numbers in chunks, or ${MAX_CHUNK} in one`,
      )
    }
    values = objects.get_data()
  } catch (error) {
    if (error instanceof FormatError) throw error
    throw new FormatError(`${name} in the HDF5 file has chunks that are damaged or packed in an unknown way`)
  }
  if (values.length !== count) throw new FormatError(`${name} in the HDF5 file has no chunks`)
  const numbers = dtype === 'F64' ? new Float64Array(count) : new Float32Array(count)
  // What was never written has no value here, and becomes NaN, which is refused.
  for (let i = 0; i < count; i++) numbers[i] = Number(values[i])
  return new Uint8Array(numbers.buffer)
}
