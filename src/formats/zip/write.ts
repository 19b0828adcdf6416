import { crc32 } from 'node:zlib'

// Headers of a zip file: signature, and size without the name.
const LOCAL = { signature: 0x04034b50, size: 30 }
const CENTRAL = { signature: 0x02014b50, size: 46 }
const END = { signature: 0x06054b50, size: 22 }
/** Flag: the name is UTF-8. */
const UTF8 = 0x800
/** Version of the format that a reader needs: 2.0. */
const NEEDS = 20
/** 1 January 1980, the first day that a zip file can name. */
const FIRST_DAY = 0x21

/** A zip file with entries stored, not packed, and without times, so that equal contents give equal bytes. */
export function writeZip(entries: Iterable<readonly [name: string, bytes: Uint8Array]>): Uint8Array {
  const parts: Uint8Array[] = []
  const directory: Uint8Array[] = []
  let offset = 0
  for (const [text, bytes] of entries) {
    const name = new TextEncoder().encode(text)
    const local = new DataView(new ArrayBuffer(LOCAL.size))
    const central = new DataView(new ArrayBuffer(CENTRAL.size))
    local.setUint32(0, LOCAL.signature, true)
    central.setUint32(0, CENTRAL.signature, true)
    central.setUint16(4, NEEDS, true)
    // Fields that both headers have, two bytes later in the central one.
    for (const [view, at] of [
      [local, 4],
      [central, 6],
    ] as const) {
      view.setUint16(at, NEEDS, true)
      view.setUint16(at + 2, UTF8, true)
      view.setUint16(at + 8, FIRST_DAY, true)
      view.setUint32(at + 10, crc32(bytes), true)
      view.setUint32(at + 14, bytes.byteLength, true)
      view.setUint32(at + 18, bytes.byteLength, true)
      view.setUint16(at + 22, name.byteLength, true)
    }
    central.setUint32(42, offset, true)
    parts.push(bytesOf(local), name, bytes)
    directory.push(bytesOf(central), name)
    offset += LOCAL.size + name.byteLength + bytes.byteLength
  }
  const end = new DataView(new ArrayBuffer(END.size))
  end.setUint32(0, END.signature, true)
  end.setUint16(8, directory.length / 2, true)
  end.setUint16(10, directory.length / 2, true)
  end.setUint32(12, Buffer.concat(directory).byteLength, true)
  end.setUint32(16, offset, true)
  return new Uint8Array(Buffer.concat([...parts, ...directory, bytesOf(end)]))
}

function bytesOf(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer)
}
