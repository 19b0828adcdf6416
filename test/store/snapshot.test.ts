import assert from 'node:assert/strict'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import type { SnapshotTree } from '../../src/forecast/types.ts'
import { decodeSnapshot, encodeSnapshot } from '../../src/store/snapshot.ts'

/** Names and texts that trip naive codecs: the tag mark, inherited names, half a surrogate pair. */
const names = fc.oneof(
  fc.string(),
  fc.constantFrom('__proto__', 'constructor', '$', '$$', '$number', '$Float32Array', '\ud800'),
)
const arrays = fc.oneof(
  fc.float32Array(),
  fc.float64Array(),
  fc.int32Array(),
  fc.uint8Array(),
) as fc.Arbitrary<SnapshotTree>
const numbers = fc.oneof(fc.double(), fc.constantFrom(Number.NaN, -0, Number.POSITIVE_INFINITY, 5e-324))
const trees: fc.Arbitrary<SnapshotTree> = fc.letrec<{ tree: SnapshotTree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5 },
    fc.oneof(numbers, names, fc.boolean(), fc.constant(null), arrays),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(names, tie('tree'), { maxKeys: 4 }) as fc.Arbitrary<SnapshotTree>,
  ),
})).tree

const sample: SnapshotTree = {
  version: 1,
  streams: [
    ['plant/a', { state: new Float32Array([1, Number.NaN]), seen: -0, last: Number.NEGATIVE_INFINITY }],
  ],
  bytes: new Uint8Array([1, 2, 3]),
}

/** Header and slab under a correct frame: damage that only the decoder's own checks can find. */
function frame(json: string, slab: Uint8Array = new Uint8Array()): Uint8Array {
  const text = Buffer.from(json)
  const bytes = new Uint8Array(16 + text.length + slab.length + 4)
  bytes.set(encodeSnapshot(null).subarray(0, 8))
  new DataView(bytes.buffer).setUint32(8, text.length, true)
  new DataView(bytes.buffer).setUint32(12, slab.length, true)
  bytes.set(text, 16)
  bytes.set(slab, 16 + text.length)
  new DataView(bytes.buffer).setUint32(bytes.length - 4, crc32(bytes.subarray(0, -4)), true)
  return bytes
}

describe('store/snapshot', () => {
  it('gives back every tree as it was', () => {
    fc.assert(
      fc.property(trees, (tree) => {
        const copy = decodeSnapshot(encodeSnapshot(tree))
        assert.deepEqual(normal(copy), normal(tree))
      }),
      { numRuns: 500 },
    )
  })

  it('gives arrays of their own, from a view anywhere in a larger buffer', () => {
    const large = new Float64Array([1, 2, 3, 4])
    const bytes = encodeSnapshot({ part: large.subarray(1, 3) })
    const shifted = Buffer.concat([Buffer.from('x'), bytes]).subarray(1)
    const { part } = decodeSnapshot(shifted) as { part: Float64Array }
    assert.deepEqual(part, new Float64Array([2, 3]))
    shifted.fill(0)
    assert.deepEqual(part, new Float64Array([2, 3]))
  })

  it('detects every flipped bit', () => {
    const good = encodeSnapshot(sample)
    for (let bit = 0; bit < good.length * 8; bit++) {
      const bad = good.slice()
      bad[bit >> 3] ^= 1 << (bit & 7)
      assert.throws(() => decodeSnapshot(bad), /^Error: (not a snapshot|snapshot is )/, `bit ${bit}`)
    }
  })

  it('detects truncation at every length, and bytes too many', () => {
    const good = encodeSnapshot(sample)
    for (let length = 0; length < good.length; length++) {
      assert.throws(
        () => decodeSnapshot(good.subarray(0, length)),
        /not a snapshot|damaged/,
        `${length} bytes`,
      )
    }
    assert.throws(() => decodeSnapshot(Buffer.concat([good, Buffer.alloc(1)])), /damaged: it has/)
  })

  it('allocates nothing for lengths that a small file claims', () => {
    const claims = encodeSnapshot(null)
    new DataView(claims.buffer).setUint32(12, 0xffff_fff8, true)
    assert.throws(() => decodeSnapshot(claims), /claims 4294967288 bytes of arrays/)
    new DataView(claims.buffer).setUint32(12, 2 ** 30, true)
    assert.throws(() => decodeSnapshot(claims), /damaged: it has .* claims/)
    new DataView(claims.buffer).setUint32(8, 2 ** 31, true)
    assert.throws(() => decodeSnapshot(claims), /claims 2147483648 bytes of JSON/)
  })

  it('refuses arrays outside the slab and kinds it does not know', () => {
    for (const place of ['[0,3]', '[-8,1]', '[8,1]', '[0.5,1]', '[0,-1]', '["0",1]', '[0,1e300]', '[0]']) {
      assert.throws(
        () => decodeSnapshot(frame(`{"$Float64Array":${place}}`, new Uint8Array(8))),
        /damaged: an array/,
        place,
      )
    }
    assert.throws(() => decodeSnapshot(frame('{"$constructor":[0,1]}')), /unknown kind of value, constructor/)
    assert.throws(() => decodeSnapshot(frame('{"$number":"1e999"}')), /unknown kind of value/)
  })

  it('refuses another format version by its number', () => {
    const newer = encodeSnapshot(sample)
    new DataView(newer.buffer).setUint32(4, 2, true)
    assert.throws(() => decodeSnapshot(newer), { message: 'snapshot is of format 2, this version reads 1' })
  })

  it('refuses depth beyond 32 both ways', () => {
    let deep: SnapshotTree = 1
    for (let i = 0; i < 33; i++) deep = [deep]
    assert.throws(() => encodeSnapshot(deep), /RangeError: snapshot(\[0\])+ is deeper than 32 levels/)
    assert.throws(() => decodeSnapshot(frame('['.repeat(1e5) + ']'.repeat(1e5))), /deeper than 32/)
  })

  it('names the place of a value it cannot hold', () => {
    const bad = (value: unknown) => ({ a: [value] }) as unknown as SnapshotTree
    assert.throws(() => encodeSnapshot(bad(undefined)), {
      name: 'TypeError',
      message: 'snapshot.a[0] is undefined undefined, which a snapshot cannot hold',
    })
    assert.throws(() => encodeSnapshot(bad(new Map())), /snapshot\.a\[0\] is a Map/)
    assert.throws(() => encodeSnapshot(bad(new Float32Array(1).buffer)), /is a ArrayBuffer/)
    assert.throws(() => encodeSnapshot(bad(() => 1)), /is function/)
  })

  it('lets no name reach a prototype', () => {
    const tree = decodeSnapshot(frame('{"__proto__":{"polluted":1},"constructor":{"prototype":2}}'))
    assert.equal(Object.getPrototypeOf(tree), Object.prototype)
    assert.equal(({} as { polluted?: number }).polluted, undefined)
    assert.ok(Object.hasOwn(tree as object, '__proto__'))
  })
})

/** Without prototypes: fast-check makes some dictionaries without one. */
function normal(tree: SnapshotTree): unknown {
  if (Array.isArray(tree)) return tree.map(normal)
  if (tree === null || typeof tree !== 'object' || ArrayBuffer.isView(tree)) return tree
  return new Map(Object.entries(tree).map(([name, value]) => [name, normal(value as SnapshotTree)]))
}
