import assert from 'node:assert/strict'
import { call, dict, global, int, legacyFile, list, long, op, pickle, tensor, tuple } from './pickle-bytes.ts'
import { open, refuses } from './pickle-refusal.ts'

describe('tensors of pytorch', () => {
  describe('refuses tensors', () => {
    const w = (parts: Parameters<typeof tensor>[0]): Buffer => pickle(dict(['w', tensor(parts)]))
    refuses('without a storage', w({ storage: op('N') }), /without a storage/)
    refuses('of a storage of no known type', w({ type: 'QInt8Storage' }), /"QInt8Storage" of "torch"/)
    refuses('of a storage of no type', w({ type: 'float32' }), /without type, key or length/)
    refuses('of a negative length', w({ length: int(-6) }), /without type, key or length/)
    refuses('of a length that is not there', w({ length: long(2n ** 50n) }), /cut short in its storages/)
    refuses('of another length than the file says', w({ length: int(5) }), /has 6 numbers, not 5/)
    refuses('of a key that is not there', w({ key: '1' }), /lists the storage "0", which is not used/)
    refuses('at a negative offset', w({ offset: int(-1) }), /offset that is no count/)
    refuses('at an offset outside', w({ offset: int(1) }), /"w" reaches beyond the 6 numbers/)
    refuses(
      'at an offset far outside',
      w({ offset: long(2n ** 53n - 1n) }),
      /"w" reaches beyond the 6 numbers/,
    )
    refuses(
      'of a fractional size',
      w({ size: tuple(op('G\x3f\xf8\0\0\0\0\0\0'), int(1)) }),
      /size that are no counts/,
    )
    refuses('of a negative size', w({ size: tuple(int(-2), int(-3)) }), /size that are no counts/)
    refuses('of a size that is a list', w({ size: list(int(2), int(3)) }), /size that are no counts/)
    refuses('of a size too large', w({ size: tuple(long(2n ** 52n), long(2n ** 52n)) }), /is too large/)
    refuses('of nine dimensions', w({ size: tuple(...Array(9).fill(int(1))) }), /9 dimensions/)
    refuses('of other strides than sizes', w({ strides: tuple(int(1)) }), /2 dimensions and 1 strides/)
    refuses('of negative strides', w({ strides: tuple(int(-3), int(1)) }), /strides that are no counts/)
    refuses(
      'of overlapping strides',
      w({ strides: tuple(int(1), int(1)) }),
      /strides by which its numbers overlap/,
    )
    refuses(
      'that are expanded',
      w({ strides: tuple(int(0), int(1)) }),
      /strides by which its numbers overlap/,
    )
    refuses('of huge strides', w({ strides: tuple(long(2n ** 53n - 1n), int(1)) }), /reaches beyond/)
    refuses('that are negated', w({ metadata: dict(['neg', op('\x88')]) }), /negated or conjugated view/)
    refuses(
      'that describe a storage in two ways',
      pickle(dict(['a', tensor()], ['b', tensor({ type: 'IntStorage' })])),
      /describes the storage "0" in two ways/,
    )
    refuses(
      'under a parameter that is none',
      pickle(call(global('torch._utils', '_rebuild_parameter'), op('N'))),
      /parameter without a tensor/,
    )
  })

  it('refuses tensors that share one storage a thousand times', async () => {
    const length = 2 ** 14
    const views = Array.from({ length: 999 }, (_, i): [string, Buffer] => [
      `w${i}`,
      tensor({ length: int(length), size: tuple(int(length)), strides: tuple(int(1)) }),
    ])
    const file = legacyFile(pickle(dict(...views)), { 0: Array.from({ length }, () => 0) })
    await assert.rejects(open(file), /share their numbers so often that they would take \d+ bytes/)
  })
})
