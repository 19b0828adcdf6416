import { quote } from '../../quote.ts'
import { viewOf } from '../bytes.ts'
import { FormatError } from '../error.ts'
import { byteLength, type Saved } from './container.ts'
import { ADVICE, createMeaning } from './meaning.ts'
import { unpickle } from './pickle.ts'
import { isList, type Storage, type Value } from './values.ts'

// What torch.save wrote before PyTorch 1.6, and still writes with _use_new_zipfile_serialization=False: the pickles of
// a magic number, a version, the machine, the data and the keys of the storages, then each storage with its length.

/** 0x1950a86a20f9469cfc6c, little-endian. */
const MAGIC = Uint8Array.of(0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19)
/** Before it are at most the protocol, a frame and the integer's instruction. */
const MAGIC_WITHIN = 32
const PROTO = 0x80
const VERSION = 1001
const LENGTH_SIZE = 8

/** Entries of the tar file that PyTorch wrote before 2017; its first name is one of them. */
const TAR_NAMES: readonly string[] = ['sys_info', 'pickle', 'tensors', 'storages']
const TAR_MAGIC = 'ustar'
const TAR_MAGIC_AT = 257

export function isLegacy(bytes: Uint8Array): boolean {
  return bytes[0] === PROTO && Buffer.from(bytes.subarray(0, MAGIC_WITHIN)).includes(Buffer.from(MAGIC))
}

export function isTar(bytes: Uint8Array): boolean {
  const text = (from: number, to: number): string => Buffer.from(bytes.subarray(from, to)).toString('latin1')
  const first = text(0, 100).replace(/\0.*$/s, '')
  return text(TAR_MAGIC_AT, TAR_MAGIC_AT + TAR_MAGIC.length) === TAR_MAGIC && TAR_NAMES.includes(first)
}

/** @throws FormatError, always */
export function refuseTar(): never {
  throw new FormatError(
    `the file is of a PyTorch older than 0.1.10: load it with a PyTorch that can, and ${ADVICE}`,
  )
}

/** @throws FormatError when it is not a pickle of weights with the bytes that belong to it */
export function openLegacy(bytes: Uint8Array): Saved {
  const storages = new Map<string, Storage>()
  const meaning = createMeaning(storages)
  let at = 0
  const next = (): Value => {
    const { value, end } = unpickle(bytes, at, meaning)
    at = end
    return value
  }
  next()
  const version = next()
  if (version !== VERSION) throw new FormatError(`the file has the version ${quote(version)}, not ${VERSION}`)
  next()
  const root = next()
  const keys = next()
  if (!isList(keys)) throw new FormatError('the file does not list its storages')

  const places = new Map<Storage, Uint8Array>()
  for (const key of keys.items) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined
    if (!storage || places.has(storage)) {
      throw new FormatError(`the file lists the storage ${quote(key)}, which is not used or listed before`)
    }
    const length = byteLength(storage)
    if (length > bytes.length - at - LENGTH_SIZE)
      throw new FormatError('the file is cut short in its storages')
    const count = viewOf(bytes).getBigUint64(at, true)
    if (count !== BigInt(storage.length)) {
      throw new FormatError(`the storage ${quote(storage.key)} has ${count} numbers, not ${storage.length}`)
    }
    at += LENGTH_SIZE
    places.set(storage, bytes.subarray(at, at + length))
    at += length
  }
  if (at !== bytes.length) throw new FormatError(`the file has ${bytes.length - at} bytes after its end`)
  return {
    root,
    littleEndian: true,
    bytesOf: (storage) => {
      const data = places.get(storage)
      if (!data) throw new FormatError(`the file has no bytes for the storage ${quote(storage.key)}`)
      return data
    },
  }
}
