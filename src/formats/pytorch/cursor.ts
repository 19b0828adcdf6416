import { viewOf } from '../bytes.ts'
import { FormatError } from '../error.ts'
import { MAX_HEADER } from '../limits.ts'

/** Reads the bytes of a pickle one after another, never beyond their end. Multi-byte numbers are little-endian. */
export interface Cursor {
  /** Position of the next byte. */
  readonly at: number
  u8(): number
  u16(): number
  u32(): number
  i32(): number
  /** Python writes this one big-endian. */
  f64(): number
  bytes(length: number): Uint8Array
  /** UTF-8, whole characters only. */
  text(length: number): string
  /** UTF-8 up to a line feed, which is taken too. */
  line(): string
}

/** @throws FormatError, from every method, when the bytes end too early, are too many, or text is not UTF-8 */
export function createCursor(bytes: Uint8Array, start: number): Cursor {
  const view = viewOf(bytes)
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let at = start
  const take = (length: number): number => {
    if (length > bytes.length - at) throw new FormatError(`the pickle is cut short at byte ${bytes.length}`)
    if (length > MAX_HEADER - (at - start)) {
      throw new FormatError(`a pickle in the file has more than ${MAX_HEADER} bytes`)
    }
    at += length
    return at - length
  }
  const takeText = (length: number): string => {
    const from = take(length)
    try {
      return decoder.decode(bytes.subarray(from, from + length))
    } catch {
      throw new FormatError(`the text at byte ${from} of the pickle is not UTF-8`)
    }
  }
  return {
    get at() {
      return at
    },
    u8: () => bytes[take(1)],
    u16: () => view.getUint16(take(2), true),
    u32: () => view.getUint32(take(4), true),
    i32: () => view.getInt32(take(4), true),
    f64: () => view.getFloat64(take(8), false),
    bytes: (length) => {
      const from = take(length)
      return bytes.subarray(from, from + length)
    },
    text: takeText,
    line: () => {
      const end = bytes.indexOf(0x0a, at)
      if (end < 0) throw new FormatError(`the pickle is cut short at byte ${bytes.length}`)
      const text = takeText(end - at)
      take(1)
      return text
    },
  }
}
