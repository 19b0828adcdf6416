import assert from 'node:assert/strict'
import fc from 'fast-check'
import { FormatError } from '../../src/formats/error.ts'
import { type Json, parseJson } from '../../src/formats/json.ts'

const parse = (text: string): Json => parseJson(new TextEncoder().encode(text), 'the text')

function plain(json: Json): unknown {
  if (json instanceof Map) return Object.fromEntries([...json].map(([name, value]) => [name, plain(value)]))
  return Array.isArray(json) ? json.map(plain) : json
}

describe('parseJson', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6, noUnicodeString: false }), fc.constantFrom(0, 2), (text, indent) => {
        const want = JSON.parse(text)
        assert.deepEqual(plain(parse(JSON.stringify(want, null, indent))), want)
      }),
    )
  })

  it('refuses what JSON.parse refuses, and only a name given twice beside it', () => {
    const broken = fc.tuple(
      fc.json({ maxDepth: 3 }),
      fc.nat(),
      fc.constantFrom('', ',', '}', ']', '"', '1', '-', '\\', 'e'),
    )
    fc.assert(
      fc.property(broken, ([text, at, sign]) => {
        const changed =
          text.slice(0, at % (text.length + 1)) + sign + text.slice((at % (text.length + 1)) + 1)
        const [want, got] = [JSON.parse, (json: string) => plain(parse(json))].map((read) => {
          try {
            return { value: read(changed) }
          } catch (error) {
            assert.ok(error instanceof FormatError || read === JSON.parse, String(error))
            return { message: String(error) }
          }
        })
        // The one difference.
        if (got.message?.includes('a name that was there before')) return
        assert.deepEqual(got.value, want.value)
        assert.equal(got.message === undefined, want.message === undefined)
      }),
      { numRuns: 2000 },
    )
  })

  const refusals: readonly (readonly [string, string])[] = [
    ['{"a":1,"a":2}', 'the text is not valid JSON: a name that was there before at position 10'],
    ['{"a":1,"\\u0061":2}', 'the text is not valid JSON: a name that was there before at position 15'],
    ['[1,]', 'the text is not valid JSON: value expected at position 3'],
    ['{"a" 1}', 'the text is not valid JSON: colon expected at position 5'],
    ['[1 2]', 'the text is not valid JSON: comma or ] expected at position 3'],
    ['{"a":1', 'the text is not valid JSON: comma or } expected at position 6'],
    ['{a:1}', 'the text is not valid JSON: text expected at position 1'],
    ['"a\nb"', 'the text is not valid JSON: impossible text at position 0'],
    ['"a', 'the text is not valid JSON: impossible text at position 0'],
    ['1 1', 'the text is not valid JSON: end expected at position 2'],
    ['', 'the text is not valid JSON: value expected at position 0'],
    ['['.repeat(100), 'the text is not valid JSON: more than 32 levels at position 32'],
  ]
  for (const [text, message] of refusals) {
    it(`says of ${text.slice(0, 20)}: ${message}`, () => {
      assert.throws(() => parse(text), { name: 'FormatError', message })
    })
  }

  it('refuses bytes that are no text', () => {
    assert.throws(() => parseJson(Uint8Array.of(0x22, 0xff, 0x22), 'the header'), {
      name: 'FormatError',
      message: 'the header is not UTF-8 text',
    })
  })

  it('keeps names that mean something to objects', () => {
    assert.deepEqual(parse('{"__proto__":1}'), new Map([['__proto__', 1]]))
  })
})
