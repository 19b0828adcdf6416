import assert from 'node:assert/strict'
import { crc32, deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { FormatError } from '../../src/formats/error.ts'
import { readZip, zipNames } from '../../src/formats/zip/read.ts'
import { writeZip } from '../../src/formats/zip/write.ts'

type Field = readonly [header: 'local' | 'central' | 'end', at: number, bytes: 2 | 4, value: number]

const END_SIZE = 22
const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const one = (): Uint8Array => writeZip([['a', text('hello')]])
const two = (): Uint8Array =>
  writeZip([
    ['a', text('hello')],
    ['b', text('world')],
  ])

/** The same file with fields of its headers changed: of the first entry's, or of the file's end. */
function patched(zip: Uint8Array, ...fields: readonly Field[]): Uint8Array {
  const bytes = zip.slice()
  const view = new DataView(bytes.buffer)
  const end = bytes.byteLength - END_SIZE
  const starts = { local: 0, central: view.getUint32(end + 16, true), end }
  for (const [header, at, size, value] of fields) {
    if (size === 2) view.setUint16(starts[header] + at, value, true)
    else view.setUint32(starts[header] + at, value, true)
  }
  return bytes
}

/** An entry `a` of `data`, deflated, that announces `size` bytes. */
function deflated(data: Uint8Array, size: number = data.byteLength): Uint8Array {
  const checksum = crc32(data)
  return patched(
    writeZip([['a', deflateRawSync(data)]]),
    ...(['local', 'central'] as const).flatMap((header, i): Field[] => [
      [header, 8 + 2 * i, 2, 8],
      [header, 14 + 2 * i, 4, checksum],
      [header, 22 + 2 * i, 4, size],
    ]),
  )
}

/** What is said when the file is opened and all of it unpacked. */
function refusal(bytes: Uint8Array): string {
  try {
    for (const unpack of readZip(bytes).values()) unpack()
  } catch (error) {
    assert.ok(error instanceof FormatError, String(error))
    return error.message
  }
  return assert.fail('not refused')
}

describe('readZip', () => {
  it('gives back what writeZip was given, in order', () => {
    const entries = fc.uniqueArray(fc.tuple(fc.string(), fc.uint8Array()), { selector: ([name]) => name })
    fc.assert(
      fc.property(entries, (list) => {
        fc.pre(list.length > 0)
        const read = [...readZip(writeZip(list))].map(([name, unpack]) => [name, unpack()])
        assert.deepEqual(read, list)
      }),
    )
  })

  it('unpacks what is deflated, and what is empty', () => {
    for (const data of [text('hello '.repeat(1000)), new Uint8Array()]) {
      assert.deepEqual(new Uint8Array(readZip(deflated(data)).get('a')!()), data)
    }
  })

  it('reads the sizes of zip64', () => {
    const { buffer } = one()
    const directory = new DataView(buffer).getUint32(buffer.byteLength - END_SIZE + 16, true)
    const local = new Uint8Array(buffer, 0, directory)
    const central = new Uint8Array(46 + 1 + 4 + 24)
    central.set(new Uint8Array(buffer, directory, 47))
    const view = new DataView(central.buffer)
    for (const at of [20, 24, 42]) view.setUint32(at, 0xffffffff, true)
    view.setUint16(30, 28, true)
    view.setUint16(47, 1, true)
    view.setUint16(49, 24, true)
    view.setBigUint64(51, 5n, true)
    view.setBigUint64(59, 5n, true)
    const end = new DataView(new ArrayBuffer(56 + 20 + END_SIZE))
    end.setUint32(0, 0x06064b50, true)
    end.setBigUint64(32, 1n, true)
    end.setBigUint64(40, BigInt(central.byteLength), true)
    end.setBigUint64(48, BigInt(directory), true)
    end.setUint32(56, 0x07064b50, true)
    end.setBigUint64(64, BigInt(directory + central.byteLength), true)
    end.setUint32(76, 0x06054b50, true)
    end.setUint16(86, 0xffff, true)
    const zip = new Uint8Array(Buffer.concat([local, central, new Uint8Array(end.buffer)]))
    assert.deepEqual(readZip(zip).get('a')!(), text('hello'))
  })

  it('tells the names of a damaged file as far as they can be', () => {
    assert.deepEqual(zipNames(two()), ['a', 'b'])
    assert.deepEqual(zipNames(two().subarray(0, 50)), ['a'])
    assert.deepEqual(zipNames(text('PK\u0003\u0004')), [])
    assert.deepEqual(zipNames(text('no zip')), [])
  })

  it('refuses a file cut off at any length', () => {
    for (let length = 0; length < two().byteLength; length++) refusal(two().subarray(0, length))
  })

  const zeros = new Uint8Array(40 * 2 ** 20)
  const bomb = deflated(zeros)
  const refusals: readonly (readonly [string, Uint8Array, string])[] = [
    ['no zip', text('PK\u0003\u0005 and so on'), 'the file is not a zip file'],
    ['a bomb', bomb, `the zip file of ${bomb.byteLength} bytes would unpack to ${zeros.byteLength}`],
    ['a bomb that lies', deflated(zeros, 100), 'entry "a" of the zip file cannot be unpacked'],
    [
      'fewer bytes than announced',
      deflated(text('hello'), 6),
      'entry "a" of the zip file does not unpack to the 6 bytes announced',
    ],
    [
      'a wrong checksum',
      patched(one(), ['central', 16, 4, 1]),
      'entry "a" of the zip file does not fit its checksum',
    ],
    ['encryption', patched(one(), ['central', 8, 2, 1]), 'entry "a" of the zip file is encrypted'],
    [
      'another method',
      patched(one(), ['central', 10, 2, 12]),
      'entry "a" of the zip file is packed by method 12, not deflate',
    ],
    [
      'an overlap',
      patched(two(), ['central', 20, 4, 20], ['central', 24, 4, 20]),
      'entry "b" of the zip file overlaps another',
    ],
    [
      'an entry beyond the end',
      patched(one(), ['central', 20, 4, 999], ['central', 24, 4, 999]),
      'entry "a" of the zip file is cut off',
    ],
    [
      'another name in front',
      patched(one(), ['local', 30, 2, 0x6862]),
      'entry "a" of the zip file has another name in its own header',
    ],
    [
      'a name twice',
      writeZip([
        ['a', text('x')],
        ['a', text('y')],
      ]),
      'the zip file has two entries named "a"',
    ],
    [
      'too many entries',
      patched(one(), ['end', 10, 2, 5000]),
      'the zip file has 5000 entries, at most 2000 are read',
    ],
    [
      'a directory elsewhere',
      patched(one(), ['end', 12, 4, 9999]),
      'the directory of the zip file lies outside of it',
    ],
    [
      'a directory too large',
      patched(one(), ['end', 12, 4, 2 ** 21]),
      'the directory of the zip file has 2097152 bytes, too many',
    ],
    ['more entries than there are', patched(one(), ['end', 10, 2, 2]), 'the zip file is damaged'],
    ['zip64 that is not there', patched(one(), ['end', 16, 4, 2 ** 32 - 1]), 'the zip file is damaged'],
    ['a comment too long', patched(one(), ['end', 20, 2, 7]), 'the zip file is cut off: it has no directory'],
  ]
  for (const [what, bytes, message] of refusals) {
    it(`refuses ${what}`, () => assert.equal(refusal(bytes), message))
  }
})
