import { inflateSync } from 'node:zlib'
import { Filters } from 'jsfive'
import { FormatError } from '../error.ts'
import { MAX_CHUNK, MAX_STRUCTURE } from './h5-limits.ts'

/** What a slice costs beside its bytes, because the library makes an object of most. */
const SLICE_COST = 128
const DEFLATE = 1
/** A chunk of doubles, and the checksum behind it. */
const MAX_CHUNK_BYTES = 8 * MAX_CHUNK + 4

/**
 * Makes a file's buffer refuse to be copied without end.
 *
 * All that the library allocates by a size written in the file, it allocates by slicing this buffer.
 */
export function chargeSlices(buffer: ArrayBuffer): void {
  let spent = 0
  Object.defineProperty(buffer, 'slice', {
    value(begin?: number, end?: number): ArrayBuffer {
      const [from, to] = [begin, end].map((n, i) => clamp(n ?? i * buffer.byteLength, buffer.byteLength))
      spent += SLICE_COST + Math.max(0, to - from)
      if (spent > MAX_STRUCTURE) throw new FormatError('the structure of the HDF5 file is too large')
      return ArrayBuffer.prototype.slice.call(buffer, from, to)
    },
  })
}

/** Replaces the library's decompression, which has no limit, by one that has. */
export function limitFilters(): void {
  Filters.set(DEFLATE, (packed) => {
    const bytes = inflateSync(packed, { maxOutputLength: MAX_CHUNK_BYTES })
    return new Uint8Array(bytes).buffer
  })
}

function clamp(at: number, length: number): number {
  return Math.trunc(Math.min(Math.max(at < 0 ? at + length : at, 0), length))
}
