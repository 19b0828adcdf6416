import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { createNpyFile } from '../../src/cli/npy.ts'
import { readNpy } from '../../src/formats/npz/npy.ts'

describe('NumPy file written piece by piece', () => {
  let folder: string
  let path: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gruflow-npy-'))
    path = join(folder, 'a.npy')
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('holds what was appended, however it was cut, in the order and of the shape it says', async () => {
    const pieces = fc.array(fc.float32Array({ maxLength: 40 }), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(pieces, async (parts) => {
        const all = Float32Array.from(parts.flatMap((part) => [...part]))
        await rm(path, { force: true })
        const file = createNpyFile(path, '<f4', [all.length, 1])
        for (const part of parts) file.append(part)
        file.finish()
        file.close()
        const { shape, dtype, bytes, littleEndian, fortranOrder } = readNpy(readFileSync(path), 'a')
        assert.deepEqual(
          { shape, dtype, littleEndian, fortranOrder },
          { shape: [all.length, 1], dtype: 'F32', littleEndian: true, fortranOrder: false },
        )
        assert.deepEqual(new Float32Array(new Uint8Array(bytes).buffer), all)
      }),
    )
  })

  it('takes more than fits into one write', async () => {
    const part = Int32Array.from({ length: 300_000 }, (_, i) => i - 7)
    const file = createNpyFile(path, '<i4', [900_000])
    for (let i = 0; i < 3; i++) {
      file.append(part)
      // It was copied.
      part.fill(i)
    }
    file.finish()
    file.close()
    const { shape, dtype, bytes } = readNpy(readFileSync(path), 'a')
    const values = new Int32Array(new Uint8Array(bytes).buffer)
    assert.deepEqual([shape, dtype, values.length], [[900_000], 'I32', 900_000])
    assert.deepEqual([values[0], values[299_999], values[300_000], values[899_999]], [-7, 299_992, 0, 1])
    // Numbers begin where NumPy lets them begin.
    assert.equal(((await stat(path)).size - 3_600_000) % 64, 0)
  })

  it('is not finished with too few or too many numbers', () => {
    const file = createNpyFile(path, '<f4', [2, 3])
    file.append(new Float32Array(5))
    assert.throws(() => file.finish(), /a\.npy' got 5 of its 6 numbers/)
    file.append(new Float32Array(2))
    assert.throws(() => file.finish(), /a\.npy' got 7 of its 6 numbers/)
    file.close()
    file.close()
  })

  it('replaces no file', () => {
    createNpyFile(path, '<f4', [0]).close()
    assert.ok(existsSync(path))
    assert.throws(() => createNpyFile(path, '<f4', [0]), { code: 'EEXIST' })
  })
})
