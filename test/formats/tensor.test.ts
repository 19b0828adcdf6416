import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Dtype } from '../../src/formats/dtype.ts'
import { createTensor } from '../../src/formats/tensor.ts'

const name = '"w"'
const bytesOf = (array: Float32Array | Float64Array | Uint16Array): Uint8Array => new Uint8Array(array.buffer)
const halves = (...bits: number[]): Uint8Array => bytesOf(Uint16Array.from(bits))

function decode(dtype: Dtype, bytes: Uint8Array, shape: readonly number[]): number[] {
  return [...createTensor({ name, dtype, bytes, shape }).values()]
}

describe('createTensor', () => {
  it('reads numbers of 64 and 32 bits in both byte orders, at any offset', () => {
    const finite = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), {
      minLength: 1,
      maxLength: 9,
    })
    fc.assert(
      fc.property(
        finite,
        fc.constantFrom(4, 8),
        fc.boolean(),
        fc.nat(7),
        (numbers, size, littleEndian, offset) => {
          const bytes = new Uint8Array(offset + size * numbers.length).subarray(offset)
          const view = new DataView(bytes.buffer, offset)
          numbers.forEach((v, i) => {
            if (size === 4) view.setFloat32(i * size, v, littleEndian)
            else view.setFloat64(i * size, v, littleEndian)
          })
          const dtype = size === 4 ? 'F32' : 'F64'
          const tensor = createTensor({ shape: [numbers.length], dtype, bytes, littleEndian })
          assert.deepEqual([...tensor.values()], numbers)
        },
      ),
    )
  })

  it('reads halves: the largest, the smallest, zeros and the smallest normal one', () => {
    assert.deepEqual(decode('F16', halves(0x7bff, 0x0001, 0x8000, 0x0400, 0xbc00), [5]), [
      65504,
      2 ** -24,
      -0,
      2 ** -14,
      -1,
    ])
  })

  it('reads bfloat16 as the upper half of a float32', () => {
    assert.deepEqual(decode('BF16', halves(0x3f80, 0xc049, 0x0001), [3]), [1, -3.140625, 2 ** -133])
  })

  it('rounds float64 to the nearest float32', () => {
    assert.deepEqual(decode('F64', bytesOf(Float64Array.of(0.1, 1e-50)), [2]), [Math.fround(0.1), 0])
  })

  it('turns column-major order into row-major', () => {
    const bytes = bytesOf(Float32Array.of(1, 4, 2, 5, 3, 6))
    const tensor = createTensor({ shape: [2, 3], dtype: 'F32', bytes, fortranOrder: true })
    assert.deepEqual([...tensor.values()], [1, 2, 3, 4, 5, 6])
    const cube = bytesOf(Float32Array.from({ length: 24 }, (_, i) => i))
    const values = createTensor({ shape: [2, 3, 4], dtype: 'F32', bytes: cube, fortranOrder: true }).values()
    assert.deepEqual([values[0], values[1], values[4], values[12], values[23]], [0, 6, 2, 1, 23])
  })

  const refusals: readonly (readonly [() => unknown, string])[] = [
    [
      () => decode('F32', new Uint8Array(12), [4]),
      '"w" of shape [4] and type F32 needs 16 bytes, the file has 12',
    ],
    [() => decode('F32', new Uint8Array(), [1.5]), '"w" has the impossible size 1.5 in its shape'],
    [() => decode('F32', new Uint8Array(), [-1]), '"w" has the impossible size -1 in its shape'],
    [
      () => decode('F32', new Uint8Array(), [2 ** 20, 2 ** 20]),
      '"w" of shape [1048576, 1048576] is too large',
    ],
    [() => decode('F32', new Uint8Array(), [0, 2 ** 40]), '"w" of shape [0, 1099511627776] is too large'],
    [
      () =>
        decode(
          'F32',
          new Uint8Array(4),
          Array.from({ length: 9 }, () => 1),
        ),
      '"w" has 9 dimensions, at most 8 are read',
    ],
    [
      () => decode('I32', new Uint8Array(4), [1]),
      '"w" is of type I32; weights must be floating-point numbers',
    ],
    [
      () => decode('other', new Uint8Array(4), [1]),
      '"w" is of type other; weights must be floating-point numbers',
    ],
    [
      () => decode('F32', bytesOf(Float32Array.of(1, Number.NaN)), [2]),
      '"w" holds NaN at index 1; weights must be finite',
    ],
    [() => decode('F16', halves(0xfc00), [1]), '"w" holds -Infinity at index 0; weights must be finite'],
    [
      () => decode('F64', bytesOf(Float64Array.of(1e300)), [1]),
      '"w" holds 1e+300, which is beyond float32, at index 0; weights must be finite',
    ],
  ]
  for (const [read, message] of refusals) {
    it(`says: ${message}`, () => {
      assert.throws(read, { name: 'FormatError', message })
    })
  }
})
