/** A copy of plain values for another thread. */
export interface Parcel<T> {
  readonly content: T
  /** The buffers of all its typed arrays, to be transferred: they are its own. */
  readonly buffers: ArrayBuffer[]
}

/**
 * Copies objects, arrays and typed arrays; of a typed array only what it shows, since cloning a part of a buffer would
 * send all of it, and transferring it would take it from whoever else uses that buffer.
 * @throws DOMException DataCloneError naming what no thread can be sent, such as a function
 */
export function pack<T>(content: T): Parcel<T> {
  const buffers: ArrayBuffer[] = []
  const copy = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return structuredClone(value)
    if (Array.isArray(value)) return value.map(copy)
    if (isTypedArray(value)) {
      // A Buffer's own slice() would be a view of the same memory.
      const own = value instanceof Uint8Array ? new Uint8Array(value) : value.slice()
      buffers.push(own.buffer)
      return own
    }
    if (Object.prototype.toString.call(value) !== '[object Object]') return structuredClone(value)
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, copy(part)]))
  }
  return { content: copy(content) as T, buffers }
}

type TypedArray =
  | Uint8Array
  | Int8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array

function isTypedArray(value: object): value is TypedArray {
  return ArrayBuffer.isView(value) && !(value instanceof DataView)
}
