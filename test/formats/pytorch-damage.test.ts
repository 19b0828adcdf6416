import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { FormatError } from '../../src/formats/error.ts'
import { readModel } from '../../src/formats/read.ts'
import { dict, int, legacyFile, pickle, tensor, tuple } from './pickle-bytes.ts'

const FOLDER = new URL('../../../test/fixtures/weights-extra/', import.meta.url)
const FILES = ['views.pt', 'views.legacy.pt', 'parallel.f16.pt', 'parallel.bf16.pt'] as const

const matrix = { length: int(3), size: tuple(int(3), int(1)), strides: tuple(int(1), int(1)) }
/** The least GRU: one input, one unit, no biases. */
const least = legacyFile(
  pickle(
    dict(
      ['weight_ih_l0', tensor({ ...matrix, key: '0' })],
      ['weight_hh_l0', tensor({ ...matrix, key: '1' })],
    ),
  ),
  { 0: [1, 2, 3], 1: [4, 5, 6] },
)

/** A model that can be true, or one sentence. */
async function survives(bytes: Uint8Array, how: string): Promise<'model' | 'refused'> {
  try {
    const { model } = await readModel(bytes)
    assert.ok(model.weights.every(Number.isFinite), how)
    assert.ok(model.weights.byteLength <= 2 * bytes.byteLength, how)
    return 'model'
  } catch (error) {
    assert.ok(error instanceof FormatError, `${how}: ${error}`)
    return 'refused'
  }
}

describe('damaged files of pytorch', () => {
  for (const name of FILES) {
    const good = readFileSync(new URL(name, FOLDER))

    it(`are refused when ${name} is cut off, wherever`, async () => {
      for (let length = 0; length < good.length; length++) {
        assert.equal(await survives(good.subarray(0, length), `cut to ${length}`), 'refused', `${length}`)
      }
    })

    it(`are refused or read when any bit of ${name} is another`, async () => {
      for (let bit = 0; bit < 8 * good.length; bit++) {
        const bad = Buffer.from(good)
        bad[bit >> 3] ^= 1 << (bit & 7)
        await survives(bad, `bit ${bit}`)
      }
    })
  }

  it('are refused or read when any byte is any other', async () => {
    assert.equal(await survives(least, 'good'), 'model')
    const counts = { model: 0, refused: 0 }
    for (let at = 0; at < least.length; at++) {
      for (let change = 1; change < 256; change++) {
        const bad = Buffer.from(least)
        bad[at] ^= change
        counts[await survives(bad, `byte ${at} ^ ${change}`)]++
      }
    }
    assert.ok(counts.model > 0 && counts.refused > counts.model, JSON.stringify(counts))
  })
})
