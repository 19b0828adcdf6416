import { crc32, inflateRawSync } from 'node:zlib'
import { quote } from '../../quote.ts'
import { viewOf } from '../bytes.ts'
import { FormatError } from '../error.ts'
import { MAX_HEADER, MAX_INFLATED_EXTRA, MAX_TENSORS } from '../limits.ts'

// PKWARE APPNOTE 6.3.10, as far as weight files use it.

const LOCAL = 0x04034b50
const CENTRAL = 0x02014b50
const END = 0x06054b50
const END_64 = 0x06064b50
const LOCATOR_64 = 0x07064b50
const END_SIZE = 22
const LOCATOR_64_SIZE = 20
const END_64_SIZE = 56
const CENTRAL_SIZE = 46
const LOCAL_SIZE = 30
const MAX_COMMENT = 0xffff
const MAX_16 = 0xffff
const MAX_32 = 0xffffffff
const STORED = 0
const DEFLATED = 8
const ENCRYPTED = 0x41
/** A checkpoint has a few small entries beside its tensors. */
const MAX_ENTRIES = 2 * MAX_TENSORS
/** The least that zlib takes. */
const MIN_CHUNK = 64

interface Entry {
  readonly name: string
  readonly method: number
  readonly crc: number
  readonly packed: number
  readonly unpacked: number
  /** Of the local header. */
  readonly offset: number
}

/** Whether the bytes begin as a zip file does. */
function isZip(bytes: Uint8Array): boolean {
  return bytes.byteLength >= 4 && viewOf(bytes).getUint32(0, true) === LOCAL
}

/** Names of a zip file's entries; of a damaged one at least that of the first, so that its format can be told. */
export function zipNames(bytes: Uint8Array): string[] {
  if (!isZip(bytes)) return []
  try {
    return centralDirectory(bytes).map(({ name }) => name)
  } catch {
    if (bytes.byteLength < LOCAL_SIZE) return []
    return [textOf(bytes.subarray(LOCAL_SIZE, LOCAL_SIZE + viewOf(bytes).getUint16(26, true)))]
  }
}

/**
 * Entries of a zip file by name; each is unpacked, and its checksum compared, when asked for.
 * @throws FormatError when entries overlap, are encrypted, packed by another method than deflate, or would unpack to
 * more than the file's own size and 8 MB
 */
export function readZip(bytes: Uint8Array): Map<string, () => Uint8Array> {
  if (!isZip(bytes)) throw new FormatError('the file is not a zip file')
  const entries = centralDirectory(bytes)
  const unpacked = entries.reduce((sum, entry) => sum + entry.unpacked, 0)
  if (unpacked > bytes.byteLength + MAX_INFLATED_EXTRA) {
    throw new FormatError(`the zip file of ${bytes.byteLength} bytes would unpack to ${unpacked}`)
  }
  const result = new Map<string, () => Uint8Array>()
  let end = 0
  for (const entry of [...entries].sort((a, b) => a.offset - b.offset)) {
    const start = dataStart(bytes, entry)
    if (entry.offset < end)
      throw new FormatError(`entry ${quote(entry.name)} of the zip file overlaps another`)
    end = start + entry.packed
    result.set(entry.name, () => unpack(entry, bytes.subarray(start, start + entry.packed)))
  }
  // In the order of the directory, which is the order in which they were written.
  return new Map(entries.map(({ name }) => [name, result.get(name)!]))
}

function centralDirectory(bytes: Uint8Array): Entry[] {
  const { count, size, offset, limit } = findDirectory(bytes)
  if (count > MAX_ENTRIES)
    throw new FormatError(`the zip file has ${count} entries, at most ${MAX_ENTRIES} are read`)
  if (size > MAX_HEADER) throw new FormatError(`the directory of the zip file has ${size} bytes, too many`)
  if (offset + size > limit) throw new FormatError('the directory of the zip file lies outside of it')
  const view = viewOf(bytes.subarray(offset, offset + size))
  const entries: Entry[] = []
  const names = new Set<string>()
  let at = 0
  for (let i = 0; i < count; i++) {
    if (at + CENTRAL_SIZE > size || view.getUint32(at, true) !== CENTRAL) throw damaged()
    const nameEnd = at + CENTRAL_SIZE + view.getUint16(at + 28, true)
    const extraEnd = nameEnd + view.getUint16(at + 30, true)
    const next = extraEnd + view.getUint16(at + 32, true)
    if (next > size) throw damaged()
    const name = textOf(bytes.subarray(offset + at + CENTRAL_SIZE, offset + nameEnd))
    if (names.has(name)) throw new FormatError(`the zip file has two entries named ${quote(name)}`)
    names.add(name)
    const method = view.getUint16(at + 10, true)
    if (view.getUint16(at + 8, true) & ENCRYPTED) {
      throw new FormatError(`entry ${quote(name)} of the zip file is encrypted`)
    }
    if (method !== STORED && method !== DEFLATED) {
      throw new FormatError(`entry ${quote(name)} of the zip file is packed by method ${method}, not deflate`)
    }
    const fields = [24, 20, 42].map((field) => view.getUint32(at + field, true))
    const [unpacked, packed, start] = wide(bytes.subarray(offset + nameEnd, offset + extraEnd), fields)
    if (method === STORED && packed !== unpacked) throw damaged()
    if (start + LOCAL_SIZE + packed > offset)
      throw new FormatError(`entry ${quote(name)} of the zip file is cut off`)
    entries.push({ name, method, crc: view.getUint32(at + 16, true), packed, unpacked, offset: start })
    at = next
  }
  return entries
}

/** Replaces fields that do not fit in 32 bits by those of the zip64 extra field. */
function wide(extra: Uint8Array, fields: readonly number[]): number[] {
  const view = viewOf(extra)
  let at = 0
  while (at + 4 <= extra.byteLength && view.getUint16(at, true) !== 1) at += 4 + view.getUint16(at + 2, true)
  at += 4
  return fields.map((field) => {
    if (field !== MAX_32) return field
    if (at + 8 > extra.byteLength) throw damaged()
    at += 8
    return Number(view.getBigUint64(at - 8, true))
  })
}

function findDirectory(bytes: Uint8Array): { count: number; size: number; offset: number; limit: number } {
  const view = viewOf(bytes)
  const last = bytes.byteLength - END_SIZE
  let end = last
  // The comment must reach to the end of the file exactly; one that quotes the signature then misleads nobody.
  while (end >= Math.max(0, last - MAX_COMMENT)) {
    if (view.getUint32(end, true) === END && view.getUint16(end + 20, true) === last - end) break
    end--
  }
  if (end < Math.max(0, last - MAX_COMMENT))
    throw new FormatError('the zip file is cut off: it has no directory')
  const count = view.getUint16(end + 10, true)
  const size = view.getUint32(end + 12, true)
  const offset = view.getUint32(end + 16, true)
  if (count !== MAX_16 && size !== MAX_32 && offset !== MAX_32) return { count, size, offset, limit: end }

  const locator = end - LOCATOR_64_SIZE
  if (locator < 0 || view.getUint32(locator, true) !== LOCATOR_64) throw damaged()
  const start = Number(view.getBigUint64(locator + 8, true))
  if (start + END_64_SIZE > locator || view.getUint32(start, true) !== END_64) throw damaged()
  return {
    count: Number(view.getBigUint64(start + 32, true)),
    size: Number(view.getBigUint64(start + 40, true)),
    offset: Number(view.getBigUint64(start + 48, true)),
    limit: start,
  }
}

/** Where an entry's data begin: after its local header, whose name must be the directory's. */
function dataStart(bytes: Uint8Array, { name, offset, packed }: Entry): number {
  const view = viewOf(bytes)
  if (view.getUint32(offset, true) !== LOCAL) throw damaged()
  const nameEnd = offset + LOCAL_SIZE + view.getUint16(offset + 26, true)
  const start = nameEnd + view.getUint16(offset + 28, true)
  if (start + packed > bytes.byteLength)
    throw new FormatError(`entry ${quote(name)} of the zip file is cut off`)
  if (textOf(bytes.subarray(offset + LOCAL_SIZE, nameEnd)) !== name) {
    throw new FormatError(`entry ${quote(name)} of the zip file has another name in its own header`)
  }
  return start
}

function unpack({ name, method, crc, unpacked }: Entry, data: Uint8Array): Uint8Array {
  const bytes = method === STORED ? data : inflate(name, data, unpacked)
  if (crc32(bytes) !== crc)
    throw new FormatError(`entry ${quote(name)} of the zip file does not fit its checksum`)
  return bytes
}

function inflate(name: string, data: Uint8Array, size: number): Uint8Array {
  let bytes: Uint8Array
  try {
    // A chunk of one byte more than announced: what fits is never joined by copying, and what does not is refused
    // when the first chunk is full. A limit of zero would mean none.
    bytes = inflateRawSync(data, {
      maxOutputLength: Math.max(size, 1),
      chunkSize: Math.max(size + 1, MIN_CHUNK),
    })
  } catch {
    throw new FormatError(`entry ${quote(name)} of the zip file cannot be unpacked`)
  }
  if (bytes.byteLength !== size) {
    throw new FormatError(
      `entry ${quote(name)} of the zip file does not unpack to the ${size} bytes announced`,
    )
  }
  return bytes
}

function damaged(): FormatError {
  return new FormatError('the zip file is damaged')
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
