import { constants, crc32, deflateRawSync, inflateRawSync } from 'node:zlib'
import type { Random } from '../../../src/engine/random.ts'
import { awkward, type Mutation, pick } from './bytes.ts'

type RecordKind = 'local' | 'central' | 'end'

interface Entry {
  readonly name: string
  readonly data: Buffer
}

const LOCAL = { signature: 0x04034b50, size: 30 }
const CENTRAL = { signature: 0x02014b50, size: 46 }
const END = { signature: 0x06054b50, size: 22 }
const DEFLATED = 8
const BLOCK = 2 ** 20

/** Fields by [offset, bytes] in the three records. */
const FIELDS: Readonly<Record<RecordKind, readonly (readonly [number, number])[]>> = {
  local: [
    [4, 2],
    [6, 2],
    [8, 2],
    [14, 4],
    [18, 4],
    [22, 4],
    [26, 2],
    [28, 2],
  ],
  central: [
    [4, 2],
    [6, 2],
    [8, 2],
    [10, 2],
    [16, 4],
    [20, 4],
    [24, 4],
    [28, 2],
    [30, 2],
    [32, 2],
    [34, 2],
    [42, 4],
  ],
  end: [
    [4, 2],
    [6, 2],
    [8, 2],
    [10, 2],
    [12, 4],
    [16, 4],
    [20, 2],
  ],
}

/** A good zip's entries, by its central directory. */
function unzip(bytes: Buffer): Entry[] {
  const end = bytes.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'))
  const entries: Entry[] = []
  let at = bytes.readUInt32LE(end + 16)
  for (let n = bytes.readUInt16LE(end + 10); n > 0; n--) {
    const [name, extra, comment] = [28, 30, 32].map((offset) => bytes.readUInt16LE(at + offset))
    const local = bytes.readUInt32LE(at + 42)
    const start = local + LOCAL.size + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28)
    const packed = bytes.subarray(start, start + bytes.readUInt32LE(at + 20))
    const deflated = bytes.readUInt16LE(at + 10) === DEFLATED
    entries.push({
      name: bytes.toString('utf8', at + CENTRAL.size, at + CENTRAL.size + name),
      data: deflated ? inflateRawSync(packed) : packed,
    })
    at += CENTRAL.size + name + extra + comment
  }
  return entries
}

interface Packed extends Entry {
  readonly method: number
  readonly packed: Buffer
  readonly crc: number
  readonly size: number
}

function pack({ name, data }: Entry, random: Random): Packed {
  const size = data.length
  const crc = crc32(data)
  if (random.integer(0, 3) > 0) return { name, data, method: 0, packed: data, crc, size }
  return { name, data, method: DEFLATED, packed: deflateRawSync(data), crc, size }
}

/** Data and zeros behind them, packed a megabyte at a time, so that making it takes no memory. */
function inflated({ name, data }: Entry, zeros: number): Packed {
  const flush = { finishFlush: constants.Z_FULL_FLUSH }
  const block = Buffer.alloc(BLOCK)
  const blocks = Math.floor(zeros / BLOCK)
  const rest = block.subarray(0, zeros % BLOCK)
  const packedBlock = deflateRawSync(block, flush)
  let crc = crc32(data)
  for (let n = blocks; n > 0; n--) crc = crc32(block, crc)
  const packed = Buffer.concat([
    deflateRawSync(data, flush),
    ...Array.from({ length: blocks }, () => packedBlock),
    deflateRawSync(rest),
  ])
  return { name, data, method: DEFLATED, packed, crc: crc32(rest, crc), size: data.length + zeros }
}

/** A good zip of a thousandth of what it unpacks to. */
export function zipOfZeros(entries: readonly (Entry & { readonly zeros: number })[]): Buffer {
  return zip(
    entries.map((entry) => inflated(entry, entry.zeros)),
    () => {},
  )
}

/** A zip of the entries, with the fields of its records broken by `damage`. */
function zip(entries: readonly Packed[], damage: (record: Buffer, kind: RecordKind) => void): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const entry of entries) {
    const name = Buffer.from(entry.name)
    const local = Buffer.alloc(LOCAL.size)
    const central = Buffer.alloc(CENTRAL.size)
    local.writeUInt32LE(LOCAL.signature)
    central.writeUInt32LE(CENTRAL.signature)
    for (const [record, shift] of [
      [local, 0],
      [central, 2],
    ] as const) {
      record.writeUInt16LE(20, 4 + shift)
      record.writeUInt16LE(entry.method, 8 + shift)
      record.writeUInt32LE(entry.crc, 14 + shift)
      record.writeUInt32LE(entry.packed.length, 18 + shift)
      record.writeUInt32LE(entry.size, 22 + shift)
      record.writeUInt16LE(name.length, 26 + shift)
    }
    central.writeUInt32LE(offset, 42)
    damage(local, 'local')
    damage(central, 'central')
    parts.push(local, name, entry.packed)
    directory.push(central, name)
    offset += LOCAL.size + name.length + entry.packed.length
  }
  const end = Buffer.alloc(END.size)
  end.writeUInt32LE(END.signature)
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(Buffer.concat(directory).length, 12)
  end.writeUInt32LE(offset, 16)
  damage(end, 'end')
  return Buffer.concat([...parts, ...directory, end])
}

/** One entry's content changed by what `inside` gives for its name, or the entries or the records themselves. */
export const mutateZip = (inside: (name: string) => Mutation): Mutation => {
  return (bytes, random) => {
    const entries = unzip(bytes)
    const chosen = random.integer(0, entries.length)
    const packed = entries.map((entry, i) => {
      const data = i === chosen ? inside(entry.name)(entry.data, random) : entry.data
      return pack({ name: entry.name, data }, random)
    })
    if (random.integer(0, 3) > 0) return zip(packed, () => {})
    if (random.integer(0, 2) > 0) return zip(rearranged(packed, random), () => {})
    return zip(packed, (record, kind) => {
      if (random.integer(0, 6) > 0) return
      const [offset, size] = pick(random, FIELDS[kind])
      record.writeUIntLE(Number(BigInt.asUintN(8 * size, awkward(random, bytes.length))), offset, size)
    })
  }
}

function rearranged(entries: readonly Packed[], random: Random): Packed[] {
  const one = pick(random, entries)
  const others = entries.filter((entry) => entry !== one)
  return pick(random, [
    () => others,
    () => [...entries, one],
    () => [one, ...others],
    () => [
      ...others,
      { ...one, name: pick(random, ['', '../x', '/x', '__proto__', 'x'.repeat(1000), 'a\0b\u009b']) },
    ],
    () => [...others, { ...one, name: pick(random, entries).name }],
    () => [...others, { ...one, packed: pick(random, entries).packed }],
    () => [...others, inflated(one, 40 * BLOCK)],
    () => [
      ...others,
      { ...inflated(one, 128 * BLOCK), size: pick(random, [one.size, BLOCK, 8 * BLOCK, 2 ** 32 - 1]) },
    ],
    () =>
      Array.from({ length: 3000 }, (_, i) => ({
        ...one,
        name: `${one.name}${i}`,
        packed: one.packed.subarray(0, 4),
      })),
  ])()
}
