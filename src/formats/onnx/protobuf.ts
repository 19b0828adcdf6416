import { FormatError } from '../error.ts'
import { MAX_HEADER, MAX_INFLATED_EXTRA } from '../limits.ts'

// Protocol Buffers wire format, as https://protobuf.dev/programming-guides/encoding has it; no groups.

/** Longest encoding of 64 bits. */
const MAX_VARINT = 10
/** What the objects made of a message cost beyond its bytes. */
const MESSAGE_COST = 96

/** What may still be made of a file's structure, all its messages together. */
export interface Budget {
  /** Bytes of structure: tags, numbers, text; not the bulk of tensors. */
  structure: number
  /** Bytes of numbers unpacked beyond those that the file holds as they are. */
  extra: number
}

export function createBudget(): Budget {
  return { structure: MAX_HEADER, extra: MAX_INFLATED_EXTRA }
}

/** @throws FormatError when the structure is larger than any graph without its weights */
export function spend(budget: Budget, cost: number): void {
  budget.structure -= cost
  if (budget.structure < 0)
    throw new FormatError('the ONNX graph without its weights is larger than 1 MB, or has too many parts')
}

/** @throws FormatError when too many numbers are stored in a way that must be unpacked */
export function spendExtra(budget: Budget, bytes: number): void {
  budget.extra -= bytes
  if (budget.extra < 0) {
    throw new FormatError(
      `the ONNX file stores more than ${MAX_INFLATED_EXTRA} bytes of numbers in a way that must be unpacked`,
    )
  }
}

/** One field of a message. */
export interface Field {
  readonly number: number
  /** 0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes. */
  readonly wire: number
  /** Of a varint, as a signed 64-bit number, rounded beyond 2^53; else 0. */
  readonly value: number
  /** Of the other wire types, a view; else empty. */
  readonly bytes: Uint8Array
}

const NOTHING = new Uint8Array(0)

/**
 * The fields of one message in the order of the file.
 * @param what named in errors
 * @throws FormatError when the bytes are no message
 */
export function* fields(bytes: Uint8Array, budget: Budget, what: string): Generator<Field> {
  spend(budget, MESSAGE_COST)
  let at = 0
  while (at < bytes.length) {
    const tag = readVarint(bytes, at, what)
    const number = Math.floor(tag.value / 8)
    const wire = tag.value & 7
    if (number < 1 || number > 2 ** 29) throw new FormatError(`${what} has the impossible field ${number}`)
    let start = tag.end
    let end = start
    let value = 0
    if (wire === 0) {
      ;({ value, end } = readVarint(bytes, start, what))
      start = end
    } else if (wire === 1) end = start + 8
    else if (wire === 5) end = start + 4
    else if (wire === 2) {
      const length = readVarint(bytes, start, what)
      start = length.end
      end = start + length.value
    } else throw new FormatError(`${what} has a field of the wire type ${wire}, which is not read`)
    if (end < start || end > bytes.length) {
      throw new FormatError(`the file ends in the middle of ${what}, or a length in it is wrong`)
    }
    spend(budget, start - at)
    yield { number, wire, value, bytes: wire === 0 ? NOTHING : bytes.subarray(start, end) }
    at = end
  }
}

/** A varint as a signed 64-bit number, and where it ends. */
export function readVarint(bytes: Uint8Array, at: number, what: string): { value: number; end: number } {
  let low = 0
  for (let i = 0; i < MAX_VARINT && at + i < bytes.length; i++) {
    const byte = bytes[at + i]
    // 7 · 4 bits fit a number's bitwise operations, the rest does not.
    if (i >= 4) return readLong(bytes, at, what)
    low |= (byte & 0x7f) << (7 * i)
    if (byte < 0x80) return { value: low, end: at + i + 1 }
  }
  throw new FormatError(`the file ends in the middle of ${what}`)
}

/** Bits of one of the parts that a number of 64 bits is read in: those of four bytes. */
const PART = 28

function readLong(bytes: Uint8Array, at: number, what: string): { value: number; end: number } {
  const parts = [0, 0, 0]
  for (let i = 0; i < MAX_VARINT; i++) {
    if (at + i >= bytes.length) throw new FormatError(`the file ends in the middle of ${what}`)
    const byte = bytes[at + i]
    parts[i >> 2] |= (byte & 0x7f) << (7 * (i & 3))
    if (byte < 0x80) return { value: signed(parts), end: at + i + 1 }
  }
  throw new FormatError(`${what} has a number of more than ${MAX_VARINT} bytes`)
}

/** The lowest 64 bits of parts, the lowest first, in two's complement. */
function signed([low, middle, high]: readonly number[]): number {
  const top = (high << 24) >> 24
  // Below zero by the complement, so that what is small stays exact.
  if (top < 0) return -signed([~low & MASK, ~middle & MASK, ~top]) - 1
  return (top * 2 ** PART + middle) * 2 ** PART + low
}

const MASK = 2 ** PART - 1

/** The bytes of a field of wire type 2. */
export function bytesOf(field: Field, what: string): Uint8Array {
  expectWire(field, 2, what)
  return field.bytes
}

const utf8 = new TextDecoder()

export function textOf(field: Field, budget: Budget, what: string): string {
  const bytes = bytesOf(field, what)
  spend(budget, bytes.length)
  return utf8.decode(bytes)
}

export function integerOf(field: Field, what: string): number {
  expectWire(field, 0, what)
  return field.value
}

export function floatOf(field: Field, what: string): number {
  expectWire(field, 5, what)
  return viewOf(field.bytes).getFloat32(0, true)
}

/** Appends the integers of a repeated field, packed or not. */
export function appendIntegers(list: number[], field: Field, budget: Budget, what: string): void {
  if (field.wire !== 2) {
    list.push(integerOf(field, what))
    return
  }
  spend(budget, field.bytes.length)
  for (let at = 0; at < field.bytes.length; ) {
    const { value, end } = readVarint(field.bytes, at, what)
    list.push(value)
    at = end
  }
}

/** Appends the floats of a repeated field, packed or not. */
export function appendFloats(list: number[], field: Field, budget: Budget, what: string): void {
  if (field.wire !== 2) {
    list.push(floatOf(field, what))
    return
  }
  spend(budget, field.bytes.length)
  const view = viewOf(field.bytes)
  for (let at = 0; at + 4 <= view.byteLength; at += 4) list.push(view.getFloat32(at, true))
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function expectWire({ number, wire }: Field, expected: number, what: string): void {
  if (wire !== expected) {
    throw new FormatError(`field ${number} of ${what} has the wire type ${wire} instead of ${expected}`)
  }
}
