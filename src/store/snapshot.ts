import { crc32 } from 'node:zlib'
import type { SnapshotTree } from '../forecast/types.ts'

// A snapshot is one block of bytes:
//
//   u32 × 4   magic, format version, bytes of header, bytes of slab
//   header    JSON of the tree; a typed array is {"$Float32Array": [first byte, length]} into the slab
//   slab      the typed arrays, each beginning on a multiple of 8 bytes
//   u32       CRC-32 of all bytes before it
//
// The words and the slab are in the machine's byte order: on a machine of the other order the magic reads
// backwards and the snapshot is refused instead of misread.

const MAGIC = 0x46555247 // "GRUF" on a little-endian machine
const FORMAT = 1
const PREFIX = 16
const MAX_HEADER = 64 * 2 ** 20
const MAX_SLAB = 2 ** 30
const MAX_DEPTH = 32

const ARRAYS = { Float32Array, Float64Array, Int16Array, Int32Array, Uint16Array, Uint8Array }
type ArrayName = keyof typeof ARRAYS
type TypedArray = InstanceType<(typeof ARRAYS)[ArrayName]>

/** Numbers that JSON cannot carry. */
const NUMBERS = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['-0', -0],
])

/**
 * Packs a tree of JSON values and typed arrays into bytes. Every number survives, NaN and -0 included.
 *
 * @throws TypeError naming the place of a value that is neither JSON nor a Float32Array, Float64Array,
 * Int16Array, Int32Array, Uint16Array or Uint8Array
 * @throws RangeError when the tree is deeper than 32 levels, or too large (64 MiB of JSON, 1 GiB of arrays)
 */
export function encodeSnapshot(tree: SnapshotTree): Uint8Array {
  const arrays: { at: number; array: TypedArray }[] = []
  let slab = 0

  const header = Buffer.from(JSON.stringify(encode(tree, 'snapshot', 0)))
  const gap = aligned(PREFIX + header.length) - PREFIX - header.length
  const json = header.length + gap
  if (json > MAX_HEADER) throw new RangeError(`snapshot has ${json} bytes of JSON, at most ${MAX_HEADER}`)
  if (slab > MAX_SLAB) throw new RangeError(`snapshot has ${slab} bytes of arrays, at most ${MAX_SLAB}`)

  const bytes = new Uint8Array(PREFIX + json + slab + 4)
  new Uint32Array(bytes.buffer, 0, 4).set([MAGIC, FORMAT, json, slab])
  bytes.set(header, PREFIX)
  bytes.fill(0x20, PREFIX + header.length, PREFIX + json)
  for (const { at, array } of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), PREFIX + json + at)
  }
  const end = bytes.length - 4
  new Uint32Array(bytes.buffer, end, 1)[0] = crc32(bytes.subarray(0, end))
  return bytes

  function encode(value: unknown, place: string, depth: number): unknown {
    if (depth > MAX_DEPTH) throw new RangeError(`${place} is deeper than ${MAX_DEPTH} levels`)
    if (typeof value === 'number') {
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { $number: Object.is(value, -0) ? '-0' : `${value}` }
    }
    if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
    if (Array.isArray(value)) return value.map((item, i) => encode(item, `${place}[${i}]`, depth + 1))
    if (isTyped(value)) {
      const at = slab
      arrays.push({ at, array: value })
      slab += aligned(value.byteLength)
      return { [`$${value.constructor.name}`]: [at, value.length] }
    }
    if (typeof value !== 'object' || !isPlain(value)) {
      throw new TypeError(`${place} is ${describe(value)}, which a snapshot cannot hold`)
    }
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [
        name.startsWith('$') ? `$${name}` : name,
        encode(item, `${place}.${name}`, depth + 1),
      ]),
    )
  }
}

/**
 * Unpacks what {@link encodeSnapshot} packed. All lengths are checked before anything is allocated, and the
 * checksum before anything is believed. Names such as `__proto__` come back as ordinary properties.
 *
 * @throws Error in one sentence when the bytes are not a snapshot, damaged, or of another format version
 */
export function decodeSnapshot(data: Uint8Array): SnapshotTree {
  // Not a Buffer, whose slice() is a view instead of a copy.
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  if (bytes.length < PREFIX + 4) throw new Error(`not a snapshot: only ${bytes.length} bytes`)
  const [magic, format, json, slabBytes] = new Uint32Array(bytes.slice(0, PREFIX).buffer)
  if (magic !== MAGIC) throw new Error('not a snapshot: it does not begin with the mark of one')
  if (format !== FORMAT) throw new Error(`snapshot is of format ${format}, this version reads ${FORMAT}`)
  if (json > MAX_HEADER) throw new Error(`snapshot is damaged: it claims ${json} bytes of JSON`)
  if (slabBytes > MAX_SLAB) throw new Error(`snapshot is damaged: it claims ${slabBytes} bytes of arrays`)
  const length = PREFIX + json + slabBytes + 4
  if (bytes.length !== length) {
    throw new Error(`snapshot is damaged: it has ${bytes.length} bytes and claims ${length}`)
  }
  const end = length - 4
  if (new Uint32Array(bytes.slice(end).buffer)[0] !== crc32(bytes.subarray(0, end))) {
    throw new Error('snapshot is damaged: its checksum does not match')
  }
  const slab = bytes.subarray(PREFIX + json, end)
  return decode(JSON.parse(Buffer.from(bytes.subarray(PREFIX, PREFIX + json)).toString()), 0)

  function decode(value: unknown, depth: number): SnapshotTree {
    if (depth > MAX_DEPTH) throw new Error(`snapshot is deeper than ${MAX_DEPTH} levels`)
    if (Array.isArray(value)) return value.map((item) => decode(item, depth + 1))
    if (value === null || typeof value !== 'object') return value as null | boolean | number | string
    const entries = Object.entries(value)
    const name = entries.length === 1 ? entries[0][0] : ''
    if (name.startsWith('$') && !name.startsWith('$$')) return decodeTagged(name.slice(1), entries[0][1])
    return Object.fromEntries(
      entries.map(([name, item]) => [name.startsWith('$') ? name.slice(1) : name, decode(item, depth + 1)]),
    )
  }

  function decodeTagged(name: string, value: unknown): number | TypedArray {
    const special = name === 'number' ? NUMBERS.get(value as string) : undefined
    if (special !== undefined) return special
    if (!Object.hasOwn(ARRAYS, name) || !Array.isArray(value)) {
      throw new Error(`snapshot holds an unknown kind of value, ${name}`)
    }
    const [at, count] = value
    const type = ARRAYS[name as ArrayName]
    const size = count * type.BYTES_PER_ELEMENT
    if (
      !Number.isSafeInteger(at) ||
      !Number.isSafeInteger(size) ||
      at < 0 ||
      size < 0 ||
      at + size > slab.length
    ) {
      throw new Error(`snapshot is damaged: an array of ${count} lies outside its slab`)
    }
    return new type(slab.slice(at, at + size).buffer)
  }
}

const aligned = (bytes: number): number => Math.ceil(bytes / 8) * 8

const isTyped = (value: unknown): value is TypedArray =>
  ArrayBuffer.isView(value) && Object.hasOwn(ARRAYS, value.constructor.name)

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

const describe = (value: unknown): string =>
  typeof value === 'object' ? `a ${value!.constructor?.name ?? 'object'}` : `${typeof value} ${String(value)}`
