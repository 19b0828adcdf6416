import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { readCsv, readCsvFile } from '../../src/table/csv.ts'

describe('readCsvFile', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'table-'))
  })
  after(() => rm(folder, { recursive: true }))

  async function fileOf(name: string, content: string | Uint8Array): Promise<string> {
    const path = join(folder, name)
    await writeFile(path, content)
    return path
  }

  /** More than what is read at a time; names with letters of several bytes in all places. */
  const text = `\uFEFFdate,"température, °C",湿度\r\n${Array.from(
    { length: 20_000 },
    (_, row) => `${1_700_000_000 + row * 900},${row / 4},"${row % 100}"\r\n`,
  ).join('')}`

  it('reads files as the text in them, plain and packed, whatever they are called', async () => {
    const expected = readCsv(text)
    assert.equal(expected.rows, 20_000)
    assert.deepEqual(
      expected.columns.map(({ name }) => name),
      ['température, °C', '湿度'],
    )
    assert.deepEqual(await readCsvFile(await fileOf('a.csv', text)), expected)
    assert.deepEqual(await readCsvFile(await fileOf('a.csv.gz', gzipSync(text))), expected)
    assert.deepEqual(await readCsvFile(await fileOf('b.csv', gzipSync(text))), expected)
    const halves = [text.slice(0, 1000), text.slice(1000)].map((half) => gzipSync(half))
    assert.deepEqual(await readCsvFile(await fileOf('c.csv.gz', Buffer.concat(halves))), expected)
    const columns = ['湿度']
    assert.deepEqual(await readCsvFile(await fileOf('d.csv', text), { columns }), readCsv(text, { columns }))
  })

  it('names the file in its errors', async () => {
    const rejects = async (path: string, why: string): Promise<void> => {
      await assert.rejects(readCsvFile(path), { message: why })
    }
    await rejects(join(folder, 'none.csv'), '"none.csv" cannot be read: there is no such file')
    await rejects(
      await fileOf('empty.csv', ''),
      '"empty.csv" cannot be read: the table is empty: it has not even a row of names',
    )
    await rejects(
      await fileOf('x.csv', 'a\n1\nx\n'),
      '"x.csv" cannot be read: row 2 (line 3), column "a": "x" is no number',
    )
    await rejects(
      await fileOf('u.csv', Buffer.from('\uFEFFa\n1\n', 'utf16le')),
      '"u.csv" cannot be read: it is UTF-16, but must be UTF-8',
    )
    const packed = gzipSync(text)
    await rejects(
      await fileOf('t.gz', packed.subarray(0, 5000)),
      '"t.gz" cannot be read: its gzip data end too early',
    )
    const damaged = Buffer.from(packed)
    damaged.fill(0xff, 3000, 3100)
    await rejects(await fileOf('e.gz', damaged), '"e.gz" cannot be read: its gzip data are damaged')
    await assert.rejects(readCsvFile(folder), /cannot be read: it is no regular file$/)
    await assert.rejects(readCsvFile(undefined as unknown as string), {
      name: 'TypeError',
      message: 'path must be text, got undefined',
    })
  })

  it('reads what is not UTF-8 as windows-1252 and says so, also where that shows late', async () => {
    const rows = Array.from({ length: 20_000 }, (_, row) => `${row / 4};n;${row % 7}`).join('\n')
    for (const content of [`Wärme °C;Zustand;b\n${rows}\n`, `a;Zustand;b\n${rows}\n1;heiß;2\n`]) {
      const bytes = Buffer.from(content, 'latin1')
      for (const file of [bytes, gzipSync(bytes)]) {
        const { notes, ...table } = await readCsvFile(await fileOf('w.csv', file))
        const expected = readCsv(content)
        assert.deepEqual(notes, ['the file is not UTF-8 and was read as windows-1252', ...expected.notes])
        assert.deepEqual({ ...table, notes: expected.notes }, expected)
      }
    }
    const path = await fileOf('cut.csv', Buffer.from('a\n1\n\xe9', 'latin1'))
    await assert.rejects(readCsvFile(path), /row 2 \(line 3\), column "a": "é" is no number$/)
  })

  it('calls the file in its errors what it is told to', async () => {
    const path = await fileOf('real.csv', 'a\nx\n')
    await assert.rejects(
      readCsvFile(path, { name: 'deep/link.csv' }),
      /^Error: "deep\/link.csv" cannot be read: /,
    )
  })

  it('ends with the reason when it is stopped', async () => {
    for (const content of [text, gzipSync(text)]) {
      const path = await fileOf('stopped.csv', content)
      const ending = new AbortController()
      const reason = new Error('enough')
      const reading = readCsvFile(path, { signal: ending.signal })
      ending.abort(reason)
      await assert.rejects(reading, (error) => error === reason)
    }
  })

  it('refuses a small file that holds too much', async () => {
    const blank = await fileOf('blank.csv.gz', gzipSync(Buffer.alloc(20_000_000, '\n')))
    await assert.rejects(readCsvFile(blank, { maxCharacters: 10_000_000 }), {
      message: '"blank.csv.gz" cannot be read: the text has more than 10000000 characters',
    })
    const zeros = await fileOf('zeros.csv.gz', gzipSync(Buffer.alloc(20_000_000)))
    await assert.rejects(readCsvFile(zeros), {
      message:
        '"zeros.csv.gz" cannot be read: the row that begins in line 1 has more than 1048576 characters',
    })
    const many = await fileOf('many.csv.gz', gzipSync(`a\n${'1\n'.repeat(50_000)}`))
    await assert.rejects(readCsvFile(many, { maxCells: 10_000 }), {
      message: '"many.csv.gz" cannot be read: the table has more than 10000 cells',
    })
  })

  it('goes on to work after a file that was refused', async () => {
    const path = await fileOf('ok.csv', 'a\n1\n2\n')
    for (let i = 0; i < 50; i++) await assert.rejects(readCsvFile(path, { columns: ['b'] }))
    assert.equal((await readCsvFile(path)).rows, 2)
  })
})
