import assert from 'node:assert/strict'
import fc from 'fast-check'
import { columnNames } from '../../src/cli/column-names.ts'
import { UsageError } from '../../src/cli/command.ts'
import { splitOptions } from '../../src/cli/rows.ts'

describe('row options', () => {
  it('are three ranges, or none', () => {
    assert.deepEqual(splitOptions({ fit: '0:10', validate: '10:12', test: '12:20' }), {
      fit: { from: 0, to: 10 },
      validate: { from: 10, to: 12 },
      test: { from: 12, to: 20 },
    })
    assert.equal(splitOptions({}), undefined)
  })

  for (const [values, message] of [
    [{ fit: '0:1', validate: '1:2' }, /belong together: --test is missing/],
    [{ test: '0:1' }, /belong together: --fit is missing/],
    [{ fit: '5:5', validate: '5:6', test: '6:7' }, /--fit must be two rows, .* got '5:5'/],
    [{ fit: '0:5', validate: '6:5', test: '6:7' }, /--validate must be two rows, .* got '6:5'/],
    [{ fit: '0:5', validate: '5:6', test: '6' }, /--test must be two rows, .* got '6'/],
    [{ fit: '-1:5', validate: '5:6', test: '6:7' }, /--fit must be two rows, .* got '-1:5'/],
    [{ fit: '0:1e3', validate: '5:6', test: '6:7' }, /--fit must be two rows, .* got '0:1e3'/],
    [{ fit: `0:${'9'.repeat(400)}`, validate: '5:6', test: '6:7' }, /--fit must be two rows/],
  ] as const) {
    it(`are refused as ${JSON.stringify(values).slice(0, 60)}`, () => {
      assert.throws(
        () => splitOptions(values),
        (error) => error instanceof UsageError && message.test(error.message),
      )
    })
  }
})

describe('names of columns', () => {
  it('are those between the commas, quoted or not', () => {
    assert.deepEqual(columnNames('columns', 'HUFL'), ['HUFL'])
    assert.deepEqual(columnNames('columns', 'a, b c ,d"e'), ['a', 'b c', 'd"e'])
    assert.deepEqual(columnNames('columns', '"a,b",c'), ['a,b', 'c'])
    assert.deepEqual(columnNames('columns', ' "say ""hi""" ,"c"'), ['say "hi"', 'c'])
  })

  it('come back whatever they are, when they are quoted as in CSV', () => {
    const names = fc.uniqueArray(fc.string({ minLength: 1, unit: 'grapheme' }), {
      minLength: 1,
      maxLength: 8,
    })
    fc.assert(
      fc.property(names, (list) => {
        const text = list.map((name) => `"${name.replaceAll('"', '""')}"`).join(',')
        assert.deepEqual(columnNames('columns', text), list)
      }),
    )
  })

  for (const [text, message] of [
    ['', /--columns has an empty name, got ''/],
    ['a,,b', /--columns has an empty name, got 'a,,b'/],
    ['a,', /--columns has an empty name, got 'a,'/],
    ['a,b,a', /--columns has 'a' twice/],
    ['"a,b', /--columns must be names with commas between them, got '"a,b'/],
    ['"a"b', /--columns must be names with commas between them, got '"a"b'/],
  ] as const) {
    it(`are refused in '${text}', and the next list is read from its beginning`, () => {
      assert.throws(() => columnNames('columns', text), message)
      assert.deepEqual(columnNames('columns', 'a,b'), ['a', 'b'])
    })
  }
})
