import { quote } from '../../quote.ts'
import { type Dtype, ITEM_SIZE } from '../dtype.ts'
import { FormatError } from '../error.ts'
import { MAX_DIMENSIONS } from '../limits.ts'
import { createTensor, elementCount } from '../tensor.ts'
import type { Tensor } from '../types.ts'
import {
  appendIntegers,
  type Budget,
  bytesOf,
  type Field,
  fields,
  integerOf,
  readVarint,
  spendExtra,
  textOf,
  viewOf,
} from './protobuf.ts'

/** `TensorProto.DataType`, as far as there is a name for it here. */
const DTYPES: ReadonlyMap<number, Dtype> = new Map<number, Dtype>([
  [1, 'F32'],
  [2, 'U8'],
  [3, 'I8'],
  [4, 'U16'],
  [5, 'I16'],
  [6, 'I32'],
  [7, 'I64'],
  [9, 'BOOL'],
  [10, 'F16'],
  [11, 'F64'],
  [12, 'U32'],
  [13, 'U64'],
  [16, 'BF16'],
])

/** Where a tensor's numbers are, when they are not in the file. */
export interface External {
  readonly location: string
  readonly offset: number
  /** @default to the end of that file */
  readonly length?: number
}

/** A tensor as a file declares it. */
export interface TensorRecord {
  readonly name: string
  readonly shape: readonly number[]
  readonly dtype: Dtype
  /** Little-endian, row-major; undefined when external, or of a type that is not read. */
  readonly bytes?: Uint8Array
  readonly external?: External
}

/** Fields of `TensorProto` that hold numbers. */
const FLOAT_DATA = 4
const INT32_DATA = 5
const INT64_DATA = 7
const RAW_DATA = 9
const DOUBLE_DATA = 10
const UINT64_DATA = 11
const BULK = new Set([FLOAT_DATA, INT32_DATA, INT64_DATA, RAW_DATA, DOUBLE_DATA, UINT64_DATA])

/** @throws FormatError when the shape or the way the numbers are stored is impossible */
export function readTensorProto(bytes: Uint8Array, budget: Budget): TensorRecord {
  const shape: number[] = []
  const entries = new Map<string, string>()
  let type = 0
  let name = ''
  let isExternal = false
  const bulk = new Set<number>()
  for (const field of fields(bytes, budget, 'a tensor')) {
    if (field.number === 1) appendIntegers(shape, field, budget, 'a tensor')
    else if (field.number === 2) type = integerOf(field, 'a tensor')
    else if (field.number === 8) name = textOf(field, budget, 'a tensor')
    else if (field.number === 13) readEntry(entries, bytesOf(field, 'a tensor'), budget)
    else if (field.number === 14) isExternal = integerOf(field, 'a tensor') === 1
    else if (BULK.has(field.number)) bulk.add(field.number)
    if (shape.length > MAX_DIMENSIONS) {
      throw new FormatError(`a tensor has more than ${MAX_DIMENSIONS} dimensions`)
    }
  }
  const dtype = DTYPES.get(type) ?? 'other'
  const count = elementCount(shape, `the tensor ${quote(name)}`)
  if (isExternal) return { name, shape, dtype, external: externalOf(name, entries) }
  if (dtype === 'other') return { name, shape, dtype }
  if (bulk.size > 1) throw new FormatError(`the tensor ${quote(name)} stores its numbers in two ways`)
  const [number = 0] = bulk
  const stored = { name, dtype, count, number }
  return { name, shape, dtype, bytes: gather(stored, bytes, budget) }
}

/** Reads a `StringStringEntryProto` into `map`. */
export function readEntry(map: Map<string, string>, bytes: Uint8Array, budget: Budget): void {
  let key = ''
  let value = ''
  for (const field of fields(bytes, budget, 'an entry')) {
    if (field.number === 1) key = textOf(field, budget, 'an entry')
    else if (field.number === 2) value = textOf(field, budget, 'an entry')
  }
  map.set(key, value)
}

/** The tensor of a record whose numbers are there. */
export function tensorOf({ name, shape, dtype, bytes = new Uint8Array(0) }: TensorRecord): Tensor {
  return createTensor({ name: `the tensor ${quote(name)}`, shape, dtype, bytes })
}

/** The numbers of a record of whole numbers; undefined when it is none, or too long to be a shape or an index. */
export function integersOf({ dtype, bytes }: TensorRecord): readonly number[] | undefined {
  const size = dtype === 'I64' ? 8 : dtype === 'I32' ? 4 : 0
  if (size === 0 || !bytes || bytes.length > MAX_INTEGERS * size) return undefined
  const view = viewOf(bytes)
  return Array.from({ length: Math.floor(bytes.length / size) }, (_, i) =>
    size === 8 ? Number(view.getBigInt64(8 * i, true)) : view.getInt32(4 * i, true),
  )
}

const MAX_INTEGERS = 64

interface Stored {
  readonly name: string
  readonly dtype: Exclude<Dtype, 'other'>
  readonly count: number
  /** Field of `TensorProto` that holds the numbers. */
  readonly number: number
}

/** The numbers as bytes: a view where the file has them in one piece, else a copy. */
function gather(stored: Stored, message: Uint8Array, budget: Budget): Uint8Array {
  const { name, dtype, count, number } = stored
  const size = ITEM_SIZE[dtype]
  const plain =
    number === RAW_DATA ||
    (number === FLOAT_DATA && dtype === 'F32') ||
    (number === DOUBLE_DATA && dtype === 'F64')
  if (number !== 0 && !plain && !takesVarints(dtype, number)) {
    throw new FormatError(`the tensor ${quote(name)} of type ${dtype} stores its numbers as another type`)
  }
  // Twice through the fields, so that what is allocated is known before.
  let total = 0
  let parts = 0
  let last: Uint8Array = new Uint8Array(0)
  for (const field of pieces(message, number)) {
    total += plain ? field.bytes.length : countVarints(field)
    parts += 1
    last = field.bytes
  }
  if (total !== (plain ? count * size : count)) {
    const has = plain ? `${total} bytes instead of ${count * size}` : `${total} numbers instead of ${count}`
    throw new FormatError(`the tensor ${quote(name)} of type ${dtype} has ${has}`)
  }
  if (parts === 0 || (plain && parts === 1)) return last
  spendExtra(budget, count * size)
  const result = new Uint8Array(count * size)
  let at = 0
  for (const field of pieces(message, number)) {
    if (plain) {
      result.set(field.bytes, at)
      at += field.bytes.length
    } else at = putVarints(viewOf(result), at, field, size, `the tensor ${quote(name)}`)
  }
  return result
}

/** Whether the type's numbers are stored as varints of that field: half precision in bits, by the specification. */
function takesVarints(dtype: Dtype, number: number): boolean {
  if (number === INT64_DATA) return dtype === 'I64'
  if (number === UINT64_DATA) return dtype === 'U64' || dtype === 'U32'
  return number === INT32_DATA && !['F32', 'F64', 'I64', 'U64', 'U32'].includes(dtype)
}

/** The fields of one number, without counting their cost again. */
function* pieces(message: Uint8Array, number: number): Generator<Field> {
  const free = { structure: Number.POSITIVE_INFINITY, extra: 0 }
  for (const field of fields(message, free, 'a tensor')) if (field.number === number) yield field
}

function countVarints({ wire, bytes }: Field): number {
  if (wire !== 2) return 1
  let count = 0
  for (const byte of bytes) if (byte < 0x80) count += 1
  return count
}

function putVarints(view: DataView, start: number, field: Field, size: number, what: string): number {
  let at = start
  const put = (value: number): void => {
    if (size === 8) view.setBigInt64(at, BigInt(value), true)
    else if (size === 4) view.setInt32(at, value, true)
    else if (size === 2) view.setInt16(at, value, true)
    else view.setInt8(at, value)
    at += size
  }
  if (field.wire === 0) put(field.value)
  for (let from = 0; from < field.bytes.length; ) {
    const { value, end } = readVarint(field.bytes, from, what)
    put(value)
    from = end
  }
  return at
}

function externalOf(name: string, entries: ReadonlyMap<string, string>): External {
  const location = entries.get('location')
  if (location === undefined) {
    throw new FormatError(`the tensor ${quote(name)} is in another file, which is not named`)
  }
  const number = (key: string): number | undefined => {
    const text = entries.get(key)
    if (text === undefined) return undefined
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (!Number.isSafeInteger(value)) {
      throw new FormatError(`the tensor ${quote(name)} is at the impossible ${key} ${quote(text)}`)
    }
    return value
  }
  return { location, offset: number('offset') ?? 0, length: number('length') }
}
