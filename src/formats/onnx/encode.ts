// Protocol Buffers wire format, written. Messages are lists of chunks, so that weights are copied once, at the end.

export type Chunks = readonly Uint8Array[]

const utf8 = new TextEncoder()

/** A message, of its fields in ascending order. */
export function message(...fields: readonly Chunks[]): Chunks {
  return fields.flat()
}

/** A whole number from 0 on, or a repeated one, unpacked. */
export function integer(number: number, ...values: readonly number[]): Chunks {
  return values.map((value) => Uint8Array.from([...varint(number * 8), ...varint(value)]))
}

export function text(number: number, value: string): Chunks {
  return bytes(number, [utf8.encode(value)])
}

/** Bytes or a message within a message. */
export function bytes(number: number, chunks: Chunks): Chunks {
  return [Uint8Array.from([...varint(number * 8 + 2), ...varint(lengthOf(chunks))]), ...chunks]
}

export function join(chunks: Chunks): Uint8Array {
  const result = new Uint8Array(lengthOf(chunks))
  let at = 0
  for (const chunk of chunks) {
    result.set(chunk, at)
    at += chunk.length
  }
  return result
}

function lengthOf(chunks: Chunks): number {
  return chunks.reduce((sum, { length }) => sum + length, 0)
}

function varint(value: number): number[] {
  const list: number[] = []
  let left = value
  for (; left >= 0x80; left = Math.floor(left / 0x80)) list.push((left % 0x80) + 0x80)
  list.push(left)
  return list
}
