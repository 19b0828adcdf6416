import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { endianness } from 'node:os'
import { npyHeader } from '../formats/npz/npy.ts'

/** A NumPy array that is written piece by piece, because it may be larger than memory. */
export interface NpyFile {
  /** Appends numbers in row-major order. They are copied. */
  append(values: Float32Array | Int32Array): void
  /** @throws Error when there are more or fewer numbers than the shape says */
  finish(): void
  /** Closes the file, whatever state it is in. Idempotent. */
  close(): void
}

/** Bytes that are gathered for one write. */
const CHUNK = 2 ** 20
const ITEM = 4

/**
 * Makes a file of format version 1, row-major and little-endian.
 *
 * @param path where there must be no file yet
 * @param type `<f4` takes Float32Arrays, `<i4` Int32Arrays
 * @throws Error of the file system, as do the methods
 */
export function createNpyFile(path: string, type: '<f4' | '<i4', shape: readonly number[]): NpyFile {
  const count = shape.reduce((a, b) => a * b, 1)
  const file = openSync(path, 'wx')
  const chunk = Buffer.alloc(CHUNK)
  let used = 0
  let appended = 0
  let open = true

  const flush = (): void => {
    // A write may take fewer bytes than it was given.
    for (let at = 0; at < used; ) at += writeSync(file, chunk, at, used - at)
    used = 0
  }
  const take = (bytes: Uint8Array): void => {
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + CHUNK - used)
      chunk.set(part, used)
      used += part.length
      at += part.length
      if (used === CHUNK) flush()
    }
  }
  take(npyHeader(type, shape))
  return {
    append(values) {
      take(littleEndian(values))
      appended += values.length
    },
    finish() {
      if (appended !== count) throw new Error(`'${path}' got ${appended} of its ${count} numbers`)
      flush()
      fsyncSync(file)
    },
    close() {
      if (open) closeSync(file)
      open = false
    },
  }
}

function littleEndian(values: Float32Array | Int32Array): Uint8Array {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.length * ITEM)
  return endianness() === 'LE' ? bytes : Buffer.from(bytes).swap32()
}
