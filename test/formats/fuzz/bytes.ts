import type { Random } from '../../../src/engine/random.ts'

/** Makes something else of a file. */
export type Mutation = (bytes: Buffer, random: Random) => Buffer

export function pick<T>(random: Random, items: readonly T[]): T {
  return items[random.integer(0, items.length)]
}

/** Whole numbers at which readers go wrong, of 64 bits without sign. */
export function awkward(random: Random, length: number): bigint {
  const size = BigInt(length)
  const value = pick(random, [
    0n,
    1n,
    0x7fn,
    0xffn,
    0x7fffn,
    0xffffn,
    0x7fffffffn,
    0x80000000n,
    0xffffffffn,
    0x100000000n,
    1n << 30n,
    1n << 53n,
    (1n << 53n) + 1n,
    (1n << 63n) - 1n,
    1n << 63n,
    (1n << 64n) - 1n,
    (1n << 64n) - 8n,
    size,
    size - 1n,
    size + 1n,
    size / 2n,
    BigInt(random.integer(0, 1024)),
  ])
  return BigInt.asUintN(64, value)
}

const at = (random: Random, bytes: Buffer): number => random.integer(0, Math.max(1, bytes.length))

/** From `begin` on, at most `most` bytes. */
function block(bytes: Buffer, random: Random, most = 256): [begin: number, end: number] {
  const begin = at(random, bytes)
  return [begin, Math.min(bytes.length, begin + 1 + random.integer(0, most))]
}

export function randomBytes(random: Random, length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, () => random.bits()))
}

/** What can be done to any file. */
export const byteMutations: Readonly<Record<string, Mutation>> = {
  flip(bytes, random) {
    const result = Buffer.from(bytes)
    for (let n = 1 + random.integer(0, 8); n > 0 && result.length > 0; n--) {
      result[at(random, result)] ^= 1 << random.integer(0, 8)
    }
    return result
  },
  set(bytes, random) {
    const result = Buffer.from(bytes)
    for (let n = 1 + random.integer(0, 8); n > 0 && result.length > 0; n--) {
      result[at(random, result)] = pick(random, [
        0,
        1,
        0x7f,
        0x80,
        0xfe,
        0xff,
        0x20,
        0x30,
        random.integer(0, 256),
      ])
    }
    return result
  },
  number(bytes, random) {
    const result = Buffer.from(bytes)
    const value = awkward(random, bytes.length)
    const written = Buffer.alloc(8)
    if (random.integer(0, 4) > 0) written.writeBigUInt64LE(value)
    else written.writeBigUInt64BE(value)
    written.copy(result, at(random, result), 0, pick(random, [2, 4, 8]))
    return result
  },
  /** Decimal digits, of a header that is text, become others. */
  digits(bytes, random) {
    const places = [...bytes.keys()].filter((i) => bytes[i] >= 0x30 && bytes[i] <= 0x39)
    const result = Buffer.from(bytes)
    for (let n = 1 + random.integer(0, 3); n > 0 && places.length > 0; n--) {
      result[pick(random, places)] = pick(random, [...Buffer.from('0123456789-e.')])
    }
    return result
  },
  swap(bytes, random) {
    const [a, b] = block(bytes, random)
    const [c, d] = block(bytes, random)
    if (c < b) return Buffer.concat([bytes.subarray(b), bytes.subarray(a, b), bytes.subarray(0, a)])
    return Buffer.concat([
      bytes.subarray(0, a),
      bytes.subarray(c, d),
      bytes.subarray(b, c),
      bytes.subarray(a, b),
      bytes.subarray(d),
    ])
  },
  delete(bytes, random) {
    const [begin, end] = block(bytes, random)
    return Buffer.concat([bytes.subarray(0, begin), bytes.subarray(end)])
  },
  duplicate(bytes, random) {
    const [begin, end] = block(bytes, random)
    const copies = 1 + random.integer(0, 3)
    return Buffer.concat([
      bytes.subarray(0, end),
      ...Array.from({ length: copies }, () => bytes.subarray(begin, end)),
      bytes.subarray(end),
    ])
  },
  copy(bytes, random) {
    const result = Buffer.from(bytes)
    const [begin, end] = block(bytes, random)
    bytes.copy(result, at(random, bytes), begin, end)
    return result
  },
  clear(bytes, random) {
    const result = Buffer.from(bytes)
    return result.fill(pick(random, [0, 0xff]), ...block(bytes, random))
  },
  insert(bytes, random) {
    const where = at(random, bytes)
    const inserted = randomBytes(random, 1 + random.integer(0, 64))
    return Buffer.concat([bytes.subarray(0, where), inserted, bytes.subarray(where)])
  },
  truncate: (bytes, random) => bytes.subarray(0, at(random, bytes)),
  extend: (bytes, random) => Buffer.concat([bytes, randomBytes(random, 1 + random.integer(0, 1024))]),
}

/** One to four of them after each other. */
export function mutateBytes(bytes: Buffer, random: Random): Buffer {
  let result = bytes
  for (let n = 1 + random.integer(0, 4) * random.integer(0, 2); n > 0; n--) {
    result = pick(random, Object.values(byteMutations))(result, random)
  }
  return result
}
