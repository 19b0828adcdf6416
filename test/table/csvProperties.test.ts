import assert from 'node:assert/strict'
import fc from 'fast-check'
import { readCsv } from '../../src/table/csv.ts'
import { createCsvReader } from '../../src/table/csv-reader.ts'

const T0 = Date.UTC(2026, 0, 5)

/** A table, and how it is to be written. */
const written = fc
  .record({
    names: fc.uniqueArray(
      fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }).map((text) => `c ${text}.`),
      { minLength: 1, maxLength: 6 },
    ),
    rows: fc.integer({ min: 1, max: 130 }),
    seed: fc.array(fc.oneof(fc.constant(Number.NaN), fc.double({ noNaN: true, noDefaultInfinity: true })), {
      minLength: 1,
      maxLength: 40,
    }),
    delimiter: fc.constantFrom(',', ';', '\t'),
    newline: fc.constantFrom('\n', '\r\n', '\r'),
    quotes: fc.boolean(),
    missing: fc.constantFrom('', 'NaN', 'null'),
    ending: fc.boolean(),
    cuts: fc.array(fc.nat(2000), { maxLength: 8 }),
  })
  .map((given) => {
    const { names, rows, seed, delimiter, newline, quotes, missing, ending } = given
    const columns = names.map((_, column) =>
      // The first row has a number in each column, so that none counts as empty; text of a negative zero has no sign.
      Array.from({ length: rows }, (_, row) =>
        row === 0 ? column : seed[(row * names.length + column) % seed.length] + 0,
      ),
    )
    const cell = (text: string): string =>
      quotes || /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
    const lines = [
      ['time', ...names].map(cell).join(delimiter),
      ...Array.from({ length: rows }, (_, row) =>
        [
          new Date(T0 + row * 1000).toISOString(),
          ...columns.map((values) => (Number.isNaN(values[row]) ? missing : String(values[row]))),
        ]
          .map(cell)
          .join(delimiter),
      ),
    ]
    return { ...given, columns, text: lines.join(newline) + (ending ? newline : '') }
  })

describe('CSV', () => {
  it('gives back any table, however it is written and cut into pieces', () => {
    fc.assert(
      fc.property(written, ({ names, rows, columns, text, cuts }) => {
        const reader = createCsvReader()
        let from = 0
        for (const cut of [...cuts].sort((a, b) => a - b)) {
          reader.push(text.slice(from, Math.max(from, cut)))
          from = Math.max(from, cut)
        }
        reader.push(text.slice(from))
        const table = reader.finish()
        assert.equal(table.rows, rows)
        assert.deepEqual(
          table.columns.map(({ name, values }) => [name, [...values]]),
          names.map((name, column) => [name, columns[column]]),
        )
        assert.deepEqual(
          [...(table.times ?? [])],
          Array.from({ length: rows }, (_, row) => T0 + row * 1000),
        )
        assert.deepEqual(readCsv(text), table)
      }),
    )
  })

  it('reads the same table over the borders of the pieces that are parsed at a time', () => {
    const rows = 30_000
    for (const [mark, newline] of [
      ['"', '\r\n'],
      ['', '\r\n'],
      ['"', '\n'],
    ]) {
      const cells = Array.from(
        { length: rows },
        (_, row) => `${mark}${row / 2}${mark},${mark}${row % 7}${mark}${newline}`,
      )
      const table = readCsv(`"a ""b""",c${newline}${cells.join('')}`)
      assert.equal(table.rows, rows)
      assert.ok(table.columns[0].values.every((value, row) => value === row / 2))
      assert.ok(table.columns[1].values.every((value, row) => value === row % 7))
    }
  })

  it('is a table or an Error with a message, whatever the text', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        ',',
        ';',
        '\t',
        '"',
        '""',
        '\n',
        '\r',
        '\r\n',
        '\uFEFF',
        '\0',
        ' ',
        'NaN',
        '1',
        '1,5',
        '2026-01-01',
      ),
      fc.constantFrom('1/2/2010', '1769846700', '__proto__', 'time', '1e999', '\uD800'),
      fc.string(),
    )
    const names = fc.option(fc.string(), { nil: undefined })
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), names, names, (pieces, time, column) => {
        try {
          const table = readCsv(pieces.join(''), {
            time,
            columns: column === undefined ? undefined : [column],
          })
          assert.ok(table.rows > 0)
          assert.ok(table.columns.length > 0)
          for (const { values } of table.columns) {
            assert.equal(values.length, table.rows)
            assert.ok(values.every((value) => Number.isNaN(value) || Number.isFinite(value)))
          }
        } catch (error) {
          assert.ok(error instanceof Error && !(error instanceof assert.AssertionError), String(error))
          assert.match(error.message, /^[^\r\n]{10,1200}$/)
        }
      }),
      { numRuns: 2000 },
    )
  })
})
