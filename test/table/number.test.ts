import assert from 'node:assert/strict'
import fc from 'fast-check'
import { readNumber } from '../../src/table/number.ts'

describe('numbers of tables', () => {
  it('reads every finite number as it is written', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        // Text of a negative zero has no sign.
        assert.equal(readNumber(String(value)), value + 0)
        assert.equal(readNumber(` ${value.toExponential()}\t`), value + 0)
      }),
    )
    for (const [text, value] of [
      ['5', 5],
      ['.5', 0.5],
      ['5.', 5],
      ['+1e3', 1000],
      ['-0', -0],
      ['1E-2', 0.01],
    ] as const) {
      assert.equal(readNumber(text), value)
    }
  })

  it('knows what says that there is no number', () => {
    const words = ['', '  ', 'NaN', 'nan', 'NA', 'N/A', '#N/A', 'null', 'NULL', 'None', '\t']
    const sensors = ['unknown', 'Unavailable', '?', '-', 'inf', '-inf', '+Inf', 'Infinity', '-Infinity']
    for (const text of [...words, ...sensors]) {
      assert.ok(Number.isNaN(readNumber(text)), text)
    }
  })

  it('takes nothing else for a number', () => {
    for (const text of [
      'abc',
      '0x10',
      '0b1',
      ' 0o7',
      '1e999',
      '1,5',
      '1 2',
      '1_0',
      '--1',
      '.',
      '--',
      'infinite',
    ]) {
      assert.equal(readNumber(text), undefined, text)
    }
  })

  it('takes decimal commas where they may be, but no grouped digits', () => {
    assert.equal(readNumber('-1,5', true), -1.5)
    assert.equal(readNumber(',5e1', true), 5)
    assert.equal(readNumber('1.5', true), 1.5)
    for (const text of ['1.234,5', '1,234,567', ',', '1e999,0'])
      assert.equal(readNumber(text, true), undefined, text)
  })
})
