import type { Random } from '../../../src/engine/random.ts'
import { awkward, type Mutation, mutateBytes, pick } from './bytes.ts'

const VARINT = 0
const FIXED64 = 1
const BYTES = 2
const FIXED32 = 5
const DEEPEST = 12

interface Field {
  number: number
  wire: number
  value: bigint | Buffer | Field[]
  /** Written instead of the true length. */
  length?: bigint
}

/** A message changed in one to three fields and written again, so that the lengths around them hold. */
export const mutateProtobuf: Mutation = (bytes, random) => {
  const fields = parse(bytes, 0)
  if (!fields) return mutateBytes(bytes, random)
  for (let n = 1 + random.integer(0, 3); n > 0; n--) change(fields, random)
  return write(fields)
}

function change(root: Field[], random: Random): void {
  const all = everyList(root).filter((list) => list.length > 0)
  if (all.length === 0) return
  const list = pick(random, all)
  const at = random.integer(0, list.length)
  const field = list[at]
  switch (random.integer(0, 10)) {
    case 0:
      list.splice(at, 1)
      return
    case 1:
      list.splice(at, 0, clone(field))
      return
    case 2:
      field.number = pick(random, [0, 1, 2, 5, field.number + 1, 15, 16, 2 ** 29 - 1])
      return
    case 3:
      field.wire = pick(random, [0, 1, 2, 3, 4, 5, 6, 7])
      return
    case 4:
      field.length = awkward(random, 4096)
      return
    case 5:
      list.splice(at, 0, clone(pick(random, pick(random, all))))
      return
    case 6:
      field.value = nested(field, random)
      return
    default:
      if (typeof field.value === 'bigint') field.value = awkward(random, 4096)
      else if (Buffer.isBuffer(field.value)) field.value = otherBytes(field.value, random)
      else field.value = []
  }
}

function otherBytes(bytes: Buffer, random: Random): Buffer {
  const words = [
    'GRU',
    'LSTM',
    'Loop',
    'Gemm',
    'reverse',
    'bidirectional',
    'Sigmoid',
    'HardSigmoid',
    'a\0\u009b',
    '',
  ]
  return random.integer(0, 3) > 0 ? mutateBytes(bytes, random) : Buffer.from(pick(random, words))
}

/** The field within itself, a few times or too often. */
function nested(field: Field, random: Random): Field[] {
  let inner = clone(field)
  for (let depth = pick(random, [1, 2, 40, 3000]); depth > 0; depth--) {
    const value = write([inner])
    inner = { number: field.number, wire: BYTES, value: Buffer.from(value) }
    if (value.length > 100_000) break
  }
  return [inner]
}

/** Bytes are shared: nothing changes them in place. */
function clone(field: Field): Field {
  return { ...field, value: Array.isArray(field.value) ? field.value.map(clone) : field.value }
}

function everyList(fields: Field[]): Field[][] {
  return [fields, ...fields.flatMap(({ value }) => (Array.isArray(value) ? everyList(value) : []))]
}

/** Fields of a message; undefined when the bytes are none. Whatever reads as a message is taken for one. */
function parse(bytes: Buffer, depth: number): Field[] | undefined {
  const fields: Field[] = []
  let at = 0
  const varint = (): bigint | undefined => {
    let value = 0n
    for (let shift = 0n; shift < 70n && at < bytes.length; shift += 7n) {
      const byte = bytes[at++]
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    return undefined
  }
  while (at < bytes.length) {
    const tag = varint()
    if (tag === undefined || tag < 8n || tag > 0xffffn) return undefined
    const number = Number(tag >> 3n)
    const wire = Number(tag & 7n)
    if (wire === VARINT) {
      const value = varint()
      if (value === undefined) return undefined
      fields.push({ number, wire, value })
      continue
    }
    const length = wire === BYTES ? varint() : wire === FIXED64 ? 8n : wire === FIXED32 ? 4n : undefined
    if (length === undefined || length > bytes.length - at) return undefined
    const value = bytes.subarray(at, at + Number(length))
    at += Number(length)
    const inner = wire === BYTES && depth < DEEPEST && value.length > 1 ? parse(value, depth + 1) : undefined
    fields.push({ number, wire, value: inner ?? value })
  }
  return fields
}

function write(fields: readonly Field[]): Buffer {
  const parts: Buffer[] = []
  for (const { number, wire, value, length } of fields) {
    parts.push(writeVarint((BigInt(number) << 3n) | BigInt(wire)))
    if (typeof value === 'bigint') {
      parts.push(writeVarint(value))
      continue
    }
    const body = Buffer.isBuffer(value) ? value : write(value)
    if (wire === BYTES || length !== undefined) parts.push(writeVarint(length ?? BigInt(body.length)))
    parts.push(body)
  }
  return Buffer.concat(parts)
}

function writeVarint(value: bigint): Buffer {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, value)
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0))
    rest >>= 7n
  } while (rest > 0n)
  return Buffer.from(bytes)
}
