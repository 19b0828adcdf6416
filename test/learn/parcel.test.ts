import assert from 'node:assert/strict'
import fc from 'fast-check'
import { pack } from '../../src/learn/parcel.ts'

const plain = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, undefined, true, 'a', NaN, -0, 2n),
    fc.double(),
    fc.string(),
    fc.float32Array({ maxLength: 5 }),
    fc.float64Array({ maxLength: 5 }),
    fc.uint8Array({ maxLength: 5 }),
    fc.bigInt64Array({ maxLength: 5 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.string(), fc.constant('__proto__')), tie('value'), { maxKeys: 4 }),
  ),
})).value

describe('pack', () => {
  it('copies plain values and typed arrays, whose buffers it gives and nothing else', () => {
    fc.assert(
      fc.property(plain, (value) => {
        const { content, buffers } = pack(value)
        assert.deepEqual(structuredClone(content), structuredClone(value))
        const bytes = buffers.reduce((sum, { byteLength }) => sum + byteLength, 0)
        const sent = structuredClone(content, { transfer: buffers })
        assert.deepEqual(sent, structuredClone(value))
        assert.ok(buffers.every(({ byteLength }) => byteLength === 0))
        assert.equal(
          bytes,
          pack(sent).buffers.reduce((sum, { byteLength }) => sum + byteLength, 0),
        )
      }),
    )
  })

  it('copies only what an array shows, whatever its memory is', () => {
    const whole = Float64Array.of(1, 2, 3, 4)
    const shared = new Int32Array(new SharedArrayBuffer(12)).fill(7)
    const views = [whole.subarray(1, 3), shared, Buffer.from('abc'), new Float32Array(0)]
    const { content, buffers } = pack(Object.freeze(views))
    assert.deepEqual(content, [
      Float64Array.of(2, 3),
      Int32Array.of(7, 7, 7),
      Uint8Array.from([97, 98, 99]),
      new Float32Array(0),
    ])
    assert.deepEqual(
      buffers.map(({ byteLength }) => byteLength),
      [16, 12, 3, 0],
    )
    whole.fill(0)
    shared.fill(0)
    assert.deepEqual([content[0][0], content[1][0]], [2, 7])
  })

  it('refuses what no thread can be sent', () => {
    assert.throws(() => pack({ parts: [() => 1] }), {
      name: 'DataCloneError',
      message: /could not be cloned/,
    })
  })
})
