import { quote } from '../../quote.ts'
import { viewOf } from '../bytes.ts'
import { type Dtype, ITEM_SIZE } from '../dtype.ts'
import { FormatError } from '../error.ts'
import { type Json, parseJson } from '../json.ts'
import { MAX_HEADER, MAX_TENSORS } from '../limits.ts'

// https://github.com/huggingface/safetensors: 8 bytes of header length, the header in JSON, the numbers without gaps.

export const LENGTH_SIZE = 8
export const METADATA = '__metadata__'
const BRACE = 0x7b

/** One tensor as it lies in the file; neither its shape nor its numbers are looked at yet. */
export interface Entry {
  readonly name: string
  readonly dtype: Dtype
  readonly shape: readonly number[]
  readonly bytes: Uint8Array
}

export interface Container {
  readonly metadata: ReadonlyMap<string, string>
  readonly entries: readonly Entry[]
}

type Place = Omit<Entry, 'bytes'> & { readonly begin: number; readonly end: number }

/** Whether bytes look like safetensors. */
export function isSafetensors(bytes: Uint8Array): boolean {
  // No header needs the upper half of its length, which text and other formats fill.
  return bytes.byteLength > LENGTH_SIZE && bytes[LENGTH_SIZE] === BRACE && lengthOf(bytes) < 2 ** 32
}

/** @throws FormatError when every byte is not accounted for exactly once */
export function openSafetensors(bytes: Uint8Array): Container {
  const length = lengthOf(bytes)
  if (length > MAX_HEADER) {
    throw new FormatError(`the header has ${length} bytes, at most ${MAX_HEADER} are read`)
  }
  const start = LENGTH_SIZE + length
  if (start > bytes.byteLength) throw new FormatError('the file is cut off in its header')
  const header = parseJson(bytes.subarray(LENGTH_SIZE, start), 'the header')
  if (!(header instanceof Map)) throw new FormatError('the header is not a JSON object')
  const metadata = readMetadata(header.get(METADATA))
  header.delete(METADATA)
  if (header.size > MAX_TENSORS) {
    throw new FormatError(`the file has ${header.size} tensors, at most ${MAX_TENSORS} are read`)
  }
  const places = [...header].map(([name, entry]) => readPlace(name, entry))
  checkOffsets(places, bytes.byteLength - start)
  const entries = places.map(({ name, dtype, shape, begin, end }) => {
    return { name, dtype, shape, bytes: bytes.subarray(start + begin, start + end) }
  })
  return { metadata, entries }
}

function readMetadata(value: Json | undefined): ReadonlyMap<string, string> {
  if (value === undefined) return new Map()
  if (!(value instanceof Map)) throw new FormatError(`the header's ${METADATA} is not an object`)
  for (const [key, text] of value) {
    if (typeof text !== 'string')
      throw new FormatError(`the header's ${METADATA} has ${quote(key)}, which is not text`)
  }
  return value
}

function readPlace(name: string, entry: Json): Place {
  const wrong = (what: string): FormatError => new FormatError(`the header's ${quote(name)} ${what}`)
  if (!(entry instanceof Map)) throw wrong('is not an object')
  const stray = [...entry.keys()].find((key) => !['dtype', 'shape', 'data_offsets'].includes(key))
  if (stray !== undefined) throw wrong(`has the unknown field ${quote(stray)}`)
  const dtype = entry.get('dtype')
  const shape = entry.get('shape')
  const offsets = entry.get('data_offsets')
  if (typeof dtype !== 'string') throw wrong('has no dtype')
  if (!isNumbers(shape)) throw wrong('has no shape of numbers')
  if (!isNumbers(offsets) || offsets.length !== 2) throw wrong('has no data_offsets of two numbers')
  const [begin, end] = offsets
  if (!Number.isSafeInteger(begin) || !Number.isSafeInteger(end) || begin < 0 || end < begin) {
    throw wrong(`has the impossible data_offsets [${begin}, ${end}]`)
  }
  return { name, dtype: Object.hasOwn(ITEM_SIZE, dtype) ? (dtype as Dtype) : 'other', shape, begin, end }
}

function isNumbers(value: Json | undefined): value is readonly number[] {
  return Array.isArray(value) && value.every((v) => typeof v === 'number')
}

/** Every byte belongs to exactly one tensor, as the format asks. */
function checkOffsets(places: readonly Place[], size: number): void {
  let at = 0
  for (const { name, begin, end } of [...places].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== at) {
      throw new FormatError(
        `the numbers of ${quote(name)} begin at ${begin}, where ${at} was expected: they overlap or leave a gap`,
      )
    }
    at = end
  }
  if (at > size) throw new FormatError(`the file is cut off: its tensors need ${at} bytes, there are ${size}`)
  if (at < size) throw new FormatError(`the file has ${size - at} bytes that belong to no tensor`)
}

function lengthOf(bytes: Uint8Array): number {
  return Number(viewOf(bytes).getBigUint64(0, true))
}
