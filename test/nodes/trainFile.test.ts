import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { HistoryFolders } from '../../nodes/trainFile.ts'
import { findHistory } from '../../nodes/trainFile.ts'
import { readFile } from '../../nodes/trainHistory.ts'

const CSV = 'a,b\n1,2\n3,4\n'

describe('files of history', () => {
  let root: string
  let folders: HistoryFolders
  const at = (...names: string[]): string => join(root, ...names)

  before(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'gruflow-history-')))
    for (const folder of ['user', 'user/deep', 'user/folder.csv', 'work', 'outside']) mkdirSync(at(folder))
    for (const file of [
      'user/a.csv',
      'user/deep/b.txt',
      'user/C.TSV',
      'user/settings.js',
      'user/.hidden.csv',
    ]) {
      writeFileSync(at(file), CSV)
    }
    writeFileSync(at('work/w.csv'), CSV)
    writeFileSync(at('outside/o.csv'), CSV)
    writeFileSync(at('user/packed.csv.gz'), gzipSync(CSV))
    writeFileSync(at('user/broken.csv'), 'a\n1\nwarm\n')
    symlinkSync(at('user/broken.csv'), at('user/broken link.csv'))
    symlinkSync(at('outside/o.csv'), at('user/link.csv'))
    symlinkSync(at('outside'), at('user/way'))
    symlinkSync(at('user/settings.js'), at('user/settings.csv'))
    symlinkSync(at('user/a.csv'), at('user/alias.csv'))
    folders = { userDir: at('user') }
  })
  after(() => rmSync(root, { recursive: true, force: true }))

  it('are read from the user directory, by whatever name leads there', async () => {
    for (const name of ['a.csv', './a.csv', 'deep/../a.csv', at('user/a.csv'), 'alias.csv']) {
      assert.equal(await findHistory(name, folders), at('user/a.csv'), name)
    }
    for (const name of ['deep/b.txt', 'C.TSV', 'packed.csv.gz']) {
      const { columns } = await readFile(name, folders)
      assert.deepEqual(
        columns.map(({ values }) => [...values]),
        [
          [1, 3],
          [2, 4],
        ],
        name,
      )
    }
  })

  it('are read from the fileWorkingDirectory too, where names begin that have no folder', async () => {
    const both = { ...folders, fileWorkingDirectory: at('work') }
    assert.equal(await findHistory('w.csv', both), at('work/w.csv'))
    assert.equal(await findHistory(at('user/a.csv'), both), at('user/a.csv'))
    assert.equal(await findHistory('../user/a.csv', both), at('user/a.csv'))
    await assert.rejects(findHistory('a.csv', both), /there is no such file/)
    await assert.rejects(findHistory('../outside/o.csv', both), /lies outside/)
  })

  it('are read from the working directory of the process too, for names that no message brings', async () => {
    const named = { ...folders, workingDirectory: at('work') }
    assert.equal(await findHistory('w.csv', named), at('work/w.csv'))
    assert.equal(await findHistory(at('work/w.csv'), named), at('work/w.csv'))
    assert.equal(
      await findHistory('a.csv', named),
      at('user/a.csv'),
      'what is in the user directory comes first',
    )
    const within = { ...folders, workingDirectory: root }
    assert.equal(await findHistory('user/a.csv', within), at('user/a.csv'))
    assert.equal(await findHistory('work/w.csv', within), at('work/w.csv'))
    const elsewhere = { ...named, fileWorkingDirectory: at('outside') }
    assert.equal(await findHistory('o.csv', elsewhere), at('outside/o.csv'))
    await assert.rejects(findHistory('w.csv', elsewhere), /there is no such file$/)
    await assert.rejects(
      findHistory('../outside/o.csv', named),
      /lies outside .* and of the working directory$/,
    )
    await assert.rejects(findHistory('gone.csv', named), /there is no such file$/)
  })

  const OUTSIDE =
    /cannot be read: it lies outside of the user directory and of the fileWorkingDirectory of the settings$/
  const ENDING = /cannot be read: a table ends in \.csv, \.tsv or \.txt, or in one of these and \.gz$/
  it('are nothing else', async () => {
    const refused: [name: unknown, message: RegExp][] = [
      ['../outside/o.csv', OUTSIDE],
      [at('outside/o.csv'), OUTSIDE],
      ['../outside/gone.csv', OUTSIDE],
      ['link.csv', OUTSIDE],
      ['way/o.csv', OUTSIDE],
      ['..', OUTSIDE],
      ['.', OUTSIDE],
      ['/dev/zero', OUTSIDE],
      ['settings.js', ENDING],
      ['settings.csv', ENDING],
      ['.hidden.csv', ENDING],
      ['folder.csv', /cannot be read: it is no regular file$/],
      ['gone.csv', /^the file of history "gone\.csv" cannot be read: there is no such file$/],
      ['a.csv/b.csv', /cannot be read: ENOTDIR$/],
      ['a\0.csv', /cannot be read: it is no file name$/],
      ['', /^the file of history is not named: msg\.filename must be its name, got ""$/],
      [undefined, /got undefined$/],
      [7, /got 7$/],
      [['a.csv'], /got an array of 1$/],
      [`${'x'.repeat(100_000)}.csv`, /cannot be read: ENAMETOOLONG$/],
    ]
    for (const [name, message] of refused)
      await assert.rejects(findHistory(name, folders), { message }, String(name))
    await assert.rejects(
      findHistory('a.csv', {}),
      /^Error: there is no user directory to look for "a\.csv" in$/,
    )
  })

  it('are no sockets, which would keep the reader waiting', async function () {
    if (process.platform === 'win32') {
      this.test!.title += ': Windows has none in folders'
      this.skip()
    }
    const server = createServer().listen(at('user/socket.csv'))
    await once(server, 'listening')
    await assert.rejects(findHistory('socket.csv', folders), /it is no regular file$/)
    server.close()
  })

  it('are named in what is wrong with them, as they were asked for', async () => {
    await assert.rejects(readFile('broken.csv', folders), {
      message: '"broken.csv" cannot be read: row 2 (line 3), column "a": "warm" is no number',
    })
    await assert.rejects(readFile('deep/../broken link.csv', folders), {
      message: '"deep/../broken link.csv" cannot be read: row 2 (line 3), column "a": "warm" is no number',
    })
  })

  it('are not quoted when they are no tables', async () => {
    for (const secret of [
      'password=hunter2\n',
      'hunter2\npassword\nhunter2\n',
      'hunter2,hunter2\n1,2\n',
      '10.5,2026-01-01\n',
      'user hunter2\nadmin "hunter2" root\n',
      'user;hunter2\nadmin\n',
    ]) {
      writeFileSync(at('user/notes.txt'), secret)
      await assert.rejects(readFile('notes.txt', folders), (error: Error) => {
        assert.match(error.message, /^"notes\.txt" cannot be read: /)
        assert.doesNotMatch(error.message, /hunter2|10\.5|password|admin|user/)
        return true
      })
    }
  })

  it('are read no further once that is stopped', async () => {
    const reason = new Error('the fit was stopped')
    await assert.rejects(readFile('a.csv', folders, AbortSignal.abort(reason)), (error) => error === reason)
  })
})
