import assert from 'node:assert/strict'
import { readCsv } from '../../src/table/csv.ts'
import type { CsvOptions } from '../../src/table/types.ts'

function refuses(text: string, message: string | RegExp, options: CsvOptions = {}): void {
  assert.throws(() => readCsv(text, options), { message })
}

describe('readCsv refuses', () => {
  it('tables without rows or names', () => {
    for (const text of ['', '\n \n', '\uFEFF'])
      refuses(text, 'the table is empty: it has not even a row of names')
    refuses('a,b\n\n', 'the table has names of columns, but no rows')
    refuses('1.5,2\n3,4\n', 'the first row must hold the names of the columns, but begins with "1.5"')
    refuses(
      '2026-01-01,2\n',
      'the first row must hold the names of the columns, but begins with "2026-01-01"',
    )
    refuses('5,5\n', 'the first row must hold the names of the columns, but begins with "5"')
  })

  it('cells that are no numbers, saying where they are', () => {
    refuses('a,b\n1,2\n3,"x\n"\n', 'row 2 (line 3), column "b": "x\\n" is no number', { columns: ['b'] })
    refuses('a,b\n\n1,"\n"\n3,2\n3,oops\n', 'row 3 (line 6), column "b": "oops" is no number')
    refuses(`a\n1\n${'9'.repeat(400)}\n`, /^row 2 \(line 3\), column "a": "9{60}…" is no number$/)
    refuses(
      'a;b\n1;1,5\n2;1.5\n',
      'row 2 (line 3), column "b": "1.5" has another decimal mark than the numbers before, ","',
    )
    refuses(
      'a,b\n1.5,"2,5"\n',
      'row 1 (line 2), column "b": "2,5" has another decimal mark than the numbers before, "."',
    )
    refuses(
      'a,b\n1,"1,234"\n',
      'row 1 (line 2), column "b": "1,234" may be a decimal number or a whole one with digits in groups',
    )
    refuses('a;b\n1;1.234,5\n1;2\n', 'row 1 (line 2), column "b": "1.234,5" is no number')
  })

  it('rows of another length than the first', () => {
    refuses('a,b\n1,2\n3\n', 'row 2 (line 3) has 1 cells, the first row of the file has 2')
    refuses('a,b\n1,2,3\n', 'row 1 (line 2) has 3 cells, the first row of the file has 2')
  })

  it('columns that are not there, are there twice, or hold no numbers', () => {
    refuses('a,b\n1,2\n', 'there is no column "c", the columns are "a", "b"', { columns: ['c'] })
    refuses('a,b\n1,2\n', 'there is no column "c", the columns are "a", "b"', { time: 'c' })
    refuses('a,b\n1,2\n', 'there is no column "__proto__", the columns are "a", "b"', {
      columns: ['__proto__'],
    })
    const wide = Array.from({ length: 20 }, (_, i) => `c${i}`)
    refuses(`${wide}\n`.repeat(2), /^there is no column "x", the columns are "c0", .*"c11", and 8 more$/, {
      columns: ['x'],
    })
    refuses('a,b,a\n1,2,3\n', 'two columns have the name "a"')
    refuses('a,b\nx,y\n', 'no column holds numbers, the columns are "a", "b"')
    refuses('a,b\n1,2\n', 'columns must name each column once', { columns: ['a', 'a'] })
    refuses('a,b\n1,2\n', 'columns must name at least one column', { columns: [] })
    refuses('time,a\n2026-01-01,2\n', '"time" is the time column and cannot be a column of values as well', {
      columns: ['time'],
    })
  })

  it('times that do not rise or cannot be read', () => {
    refuses(
      'date,a\n2026-01-02,1\n2026-01-03,1\n2026-01-03,2\n',
      'times must rise from row to row, but row 3 (2026-01-03T00:00:00.000Z) does not come after row 2 (2026-01-03T00:00:00.000Z)',
    )
    refuses('date,a\n5,1\n', 'row 1 (line 2): "5" in the time column "date" is no time that can be read', {
      time: 'date',
    })
    const late = `date,a\n${Array.from({ length: 120 }, (_, i) => `${1.7e9 + i},1\n`).join('')},1\n`
    refuses(late, 'times must rise from row to row, but row 121 has none')
    refuses('date,a\n,1\n', 'no row has a time', { time: 'date', unsorted: 'sort' })
    const long = 'time,sensor,a\n2026-01-01,x,1\n2026-01-01,y,2\n2026-01-02,x,3\n2026-01-02,y,4\n'
    refuses(long, /^2 of 4 rows have the time of another row: a table needs one row for each time/, {
      unsorted: 'sort',
    })
  })

  it('dates whose day and month cannot be told apart', () => {
    refuses(
      'date,a\n1/1/2010,1\n1/2/2010,2\n',
      'no row tells whether day or month come first in the time column "date", as in "1/2/2010": write times as 2026-01-31 08:05',
    )
    refuses(
      'date,a\n1/13/2010,1\n13/2/2010,2\n',
      'row 2 (line 3): "13/2/2010" in the time column "date" has day and month in another order than rows before',
    )
  })

  it('misplaced quotation marks', () => {
    const message = (line: number): string =>
      `a quotation mark in the row that begins in line ${line} is never closed or stands within a cell`
    refuses('a,b\n1,2\n3,"4\n5,6\n', message(3))
    refuses('a,b\n1,2\n3,"4"5\n6,7\n', message(3))
    refuses(
      `a,b\n1,"2\n${'3,4\n'.repeat(400_000)}`,
      'the row that begins in line 2 has more than 1048576 characters',
    )
    refuses(`a,b\n"${'x"'.repeat(40_000)}`, message(2))
  })

  it('too much of anything', () => {
    refuses('a,b\n1,2\n3,4\n', 'the table has more than 3 cells', { maxCells: 3 })
    refuses('a,b\n1,2\n', 'the text has more than 7 characters', { maxCharacters: 7 })
    refuses('x'.repeat(3_000_000), 'the row that begins in line 1 has more than 1048576 characters')
    refuses(`a${',b'.repeat(10_000)}\n1\n`, 'the first row has 10001 columns, at most 10000 can be read')
  })

  it('delimiters that cannot stand between cells', () => {
    for (const delimiter of ['', ',,', '"', '\n', '\r', 5 as unknown as string]) {
      assert.throws(() => readCsv('a\n1\n', { delimiter }), TypeError)
    }
  })
})
