import assert from 'node:assert/strict'
import fc from 'fast-check'
import { FormatError } from '../../src/formats/error.ts'
import { readFitted, writeFitted } from '../../src/store/fitted.ts'
import { refusal, said, specOf, withChannels } from './fitted-bytes.ts'
import { sample } from './fitted-models.ts'

const good = writeFitted(sample)

/** Bytes from outside are refused in one sentence, or are a forecaster that can be written again. */
async function judge(bytes: Uint8Array): Promise<void> {
  try {
    const back = await readFitted(bytes)
    assert.deepEqual(await readFitted(writeFitted(back)), back)
  } catch (error) {
    assert.ok(error instanceof FormatError, error as Error)
    assert.match(error.message, /^[^\n]+$/)
  }
}

describe('store/fitted, damaged', () => {
  it('refuses a file cut off at any length, and bytes too many', async () => {
    for (let length = 0; length < good.length; length++) {
      assert.match(await refusal(good.subarray(0, length)), /^[^\n]+$/, `${length} bytes`)
    }
    assert.match(await refusal(Buffer.concat([good, Buffer.of(0)])), /has 1 bytes that belong to no tensor/)
  })

  it('reads or refuses whatever bytes are changed', async () => {
    const edits = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(edits, async (list) => {
        const bytes = good.slice()
        for (const [at, value] of list) bytes[at] = value
        await judge(bytes)
      }),
      { numRuns: 2000 },
    )
  })

  it('reads or refuses whatever the metadata say', async () => {
    const names = fc.constantFrom('gruflow.forecaster', 'spec', 'period', 'metrics', 'fittedAt')
    const numbers = fc.oneof(
      fc.constantFrom('1', '1e999', '-0', '65536', '""', '[]', '{}', 'null'),
      fc.json(),
      fc.string(),
    )
    await fc.assert(
      fc.asyncProperty(names, numbers, (name, text) => judge(said(name, text))),
      { numRuns: 500 },
    )
    const fields = fc.constantFrom(...Object.keys(sample.model.spec))
    await fc.assert(
      fc.asyncProperty(fields, fc.jsonValue(), (field, value) => judge(specOf({ [field]: value }))),
      { numRuns: 500 },
    )
  })

  it('reads or refuses whatever the channels are', async () => {
    const line = fc.oneof(
      fc.json(),
      fc.string(),
      fc
        .record({ key: fc.jsonValue(), unit: fc.jsonValue(), season: fc.jsonValue() })
        .map((v) => JSON.stringify(v)),
      fc.constant('{"key":"a","unit":1,"season":0}'),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 3 }), (lines) =>
        judge(withChannels(lines.map((l) => `${l}\n`).join(''))),
      ),
      { numRuns: 500 },
    )
  })
})
