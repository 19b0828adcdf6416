import assert from 'node:assert/strict'
import { FormatError } from '../../src/formats/error.ts'
import { pytorch } from '../../src/formats/pytorch/reader.ts'
import type { Contents } from '../../src/formats/types.ts'
import { legacyFile } from './pickle-bytes.ts'

/** Opens a file of torch.save, which has none beside it. */
export async function open(bytes: Uint8Array): Promise<Contents> {
  assert.ok(pytorch.matches(bytes))
  return pytorch.open(bytes, () => assert.fail('a pickle has no files beside it'))
}

/** A test that a file with this pickle is refused by this sentence. */
export function refuses(name: string, data: Buffer, message: RegExp): void {
  it(name, async () => {
    await assert.rejects(open(legacyFile(data)), (error) => {
      assert.ok(error instanceof FormatError, String(error))
      assert.match(error.message, message)
      return true
    })
  })
}
