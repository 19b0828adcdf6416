import assert from 'node:assert/strict'
import { readCsv } from '../../src/table/csv.ts'
import { plain } from './tables.ts'

const NAN = Number.NaN
const HOUR = 3_600_000
const T0 = Date.UTC(2016, 6, 1)
const ETT = `date,HUFL,OT
2016-07-01 00:00:00,5.827,30.531
2016-07-01 01:00:00,5.693,27.787
2016-07-01 02:00:00,,27.787
`

describe('readCsv', () => {
  it('reads times and all columns of numbers', () => {
    const table = readCsv(ETT)
    assert.equal(table.rows, 3)
    assert.equal(table.period, HOUR)
    assert.deepEqual([...(table.times ?? [])], [T0, T0 + HOUR, T0 + 2 * HOUR])
    assert.deepEqual(plain(table.columns), [
      ['HUFL', [5.827, 5.693, NAN]],
      ['OT', [30.531, 27.787, 27.787]],
    ])
  })

  it('reads the columns that are named, in that order', () => {
    const names = (columns: readonly string[]): string[] =>
      readCsv(ETT, { columns }).columns.map(({ name }) => name)
    assert.deepEqual(names(['OT', 'HUFL']), ['OT', 'HUFL'])
    assert.deepEqual(names([' OT']), ['OT'])
  })

  it('reads text however its lines end, with a byte order mark, blank lines and no line break at the end', () => {
    const expected = readCsv(ETT)
    for (const text of [
      ETT.replaceAll('\n', '\r\n'),
      ETT.replaceAll('\n', '\r'),
      ETT.replace('\n', '\r\n'),
      `\uFEFF${ETT}`,
      ETT.trimEnd(),
      `\n${ETT.replaceAll('\n', '\n\n')}  \n`,
      ETT.replaceAll(',', '\t'),
      ETT.replaceAll(',', ';'),
      ETT.replaceAll(',', ';').replaceAll('.', ','),
      ETT.replaceAll(',', '\t').replaceAll('.', ','),
      ETT.replaceAll(',', '|').replaceAll('.', ','),
      ETT.replace(/\d+\.\d+/g, (number) => `"${number.replace('.', ',')}"`).replace('5,827', '05,827'),
      ETT.replaceAll(',', ' , '),
      ETT.replace(/[^,\n]+/g, '"$&"').replaceAll('\n', '\r\n'),
    ]) {
      assert.deepEqual(readCsv(text), expected, JSON.stringify(text))
    }
    assert.deepEqual(readCsv(ETT.replaceAll(',', '!'), { delimiter: '!' }), expected)
  })

  it('reads lines as it reads text', () => {
    const expected = readCsv(ETT)
    assert.deepEqual(readCsv(ETT.trim().split('\n')), expected)
    assert.deepEqual(
      readCsv(
        ETT.trim()
          .replaceAll('\n', '\r\n')
          .split(/(?<=\n)/),
      ),
      expected,
    )
    assert.deepEqual(readCsv(new Set(ETT.trim().split('\n'))), expected)
    assert.throws(() => readCsv(['a', 5 as unknown as string]), { message: 'lines must be text, got 5' })
  })

  it('leaves out columns of text and those without a name, unless they are named', () => {
    const text = ',time,state,a,b,empty\n0,2026-01-01,on,1,,\n1,2026-01-02,off,2,x,\n'
    assert.deepEqual(plain(readCsv(text).columns), [['a', [1, 2]]])
    assert.throws(() => readCsv(text, { columns: ['a', 'state'] }), {
      message: 'row 1 (line 2), column "state": "on" is no number',
    })
  })

  it('lets the first cell decide that comes after a long time of none', () => {
    const rows = (late: string): string =>
      `a,late\n${Array.from({ length: 150 }, (_, row) => `${row % 7},\n`).join('')}150,${late}\n151,\n`
    const { columns } = readCsv(rows('7'))
    assert.equal(columns[1].values[150], 7)
    assert.ok(columns[1].values.every((value, row) => row === 150 || Number.isNaN(value)))
    assert.deepEqual(
      readCsv(rows('x')).columns.map(({ name }) => name),
      ['a'],
    )
  })

  it('reads a named column that is empty', () => {
    assert.deepEqual(plain(readCsv('a,b\n1,\n', { columns: ['b'] }).columns), [['b', [NAN]]])
  })

  it('finds times by what cells hold, bare numbers only where the name says so', () => {
    const second = readCsv('id,Timestamp,a\n7,1769846700,1\n8,1769846760,2\n')
    assert.equal(second.period, 60_000)
    assert.deepEqual(plain(second.columns), [
      ['id', [7, 8]],
      ['a', [1, 2]],
    ])
    const counter = 'energy,a\n1769846700,1\n1769846760,2\n'
    assert.equal(readCsv(counter).times, null)
    assert.equal(readCsv(counter).period, null)
    assert.equal(readCsv(counter, { time: 'energy' }).period, 60_000)
    assert.equal(readCsv(ETT, { time: null }).times, null)
  })

  it('takes a column for that of times also where some cells are blank, unless there is a whole one', () => {
    const some = readCsv('date,late,a\n2026-01-01,,1\nNA,2026-01-02,2\n2026-01-03,x,3\n', {
      unsorted: 'sort',
    })
    assert.deepEqual([some.timeColumn, some.rows], ['date', 2])
    const whole = readCsv('date,time,a\n2026-01-01,2026-01-01,1\n,2026-01-02,2\n2026-01-03,2026-01-03,3\n')
    assert.deepEqual([whole.timeColumn, whole.rows], ['time', 3])
    assert.equal(readCsv('date,a\n2026-01-01,1\nsoon,2\n').timeColumn, null)
  })

  it('sorts rows by time, or lets them count without times, and says so', () => {
    const text = 'date,a\n2026-01-02,1\n,2\n2026-01-01,3\n2026-01-02,4\n2026-01-04,5\n'
    const sorted = readCsv(text, { unsorted: 'sort' })
    assert.deepEqual(
      [...(sorted.times ?? [])],
      [1, 2, 4].map((day) => Date.UTC(2026, 0, day)),
    )
    assert.deepEqual(plain(sorted.columns), [['a', [3, 1, 5]]])
    assert.equal(sorted.rows, 3)
    assert.deepEqual(sorted.notes, [
      'rows were put in the order of their times',
      '1 row was left out because a row before has the same time',
      '1 row was left out for having no time',
    ])
    const ignored = readCsv(text, { unsorted: 'ignore' })
    assert.equal(ignored.times, null)
    assert.deepEqual(plain(ignored.columns), [['a', [1, 2, 3, 4, 5]]])
    assert.deepEqual(ignored.notes, ['rows count without their times, which do not rise: row 2 has none'])
    for (const unsorted of ['sort', 'ignore'] as const)
      assert.deepEqual(readCsv(ETT, { unsorted }), readCsv(ETT))
  })

  it('leaves out what counts rows, unless there is nothing else or it is named, and says so', () => {
    const text = `id,a,state\n${Array.from({ length: 10 }, (_, row) => `${row + 4},${row % 3},on\n`).join('')}`
    const { columns, notes } = readCsv(text)
    assert.deepEqual(
      columns.map(({ name }) => name),
      ['a'],
    )
    assert.deepEqual(notes, ['left out for holding no numbers: "state"', 'left out for counting rows: "id"'])
    assert.equal(readCsv(text, { columns: ['id', 'a'] }).columns.length, 2)
    assert.equal(readCsv(text.replaceAll(/,\d,/g, ',x,')).columns[0].name, 'id')
  })

  it('lets all rows tell whether day or month come first', () => {
    const rows = (days: readonly string[]): string => `date,a\n${days.map((day) => `${day},1\n`).join('')}`
    const first = (text: string): number | undefined => readCsv(text).times?.[0]
    assert.equal(first(rows(['1/2/2010 0:00', '1/13/2010 0:00'])), Date.UTC(2010, 0, 2))
    assert.equal(first(rows(['1/2/2010', '13/2/2010'])), Date.UTC(2010, 1, 1))
    assert.equal(first(rows(['01.02.2010 00:10:00', '02.02.2010 00:10:00'])), Date.UTC(2010, 1, 1, 0, 10))
  })

  it('reads columns whose names mean something to JavaScript', () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
    const table = readCsv(`${names}\n1,2,3,4\n`, { columns: [...names].reverse() })
    assert.deepEqual(plain(table.columns), [
      ['hasOwnProperty', [4]],
      ['toString', [3]],
      ['constructor', [2]],
      ['__proto__', [1]],
    ])
  })

  it('reads names of digits, with line breaks and with quotation marks', () => {
    const table = readCsv('date,0,"a\r\n""b"""\n2026-01-01,1,2\n')
    assert.deepEqual(
      table.columns.map(({ name }) => name),
      ['0', 'a\r\n"b"'],
    )
    assert.equal(table.period, null)
  })

  it('reads 200,000 rows that are never there all at once', () => {
    const rows = 200_000
    const lines = function* (): Generator<string> {
      yield 'time,a,b'
      for (let row = 0; row < rows; row++) yield `${1_700_000_000 + row * 60},${row / 2},${row / 8}`
    }
    const table = readCsv(lines())
    assert.equal(table.rows, rows)
    assert.equal(table.period, 60_000)
    assert.equal(table.times?.[rows - 1], (1_700_000_000 + (rows - 1) * 60) * 1000)
    assert.ok(table.columns[0].values.every((value, row) => value === row / 2))
    assert.equal(table.columns[1].values[rows - 1], (rows - 1) / 8)
  })
})
