import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BACKTEST_KIND, checkFolder, openFolder } from '../../src/cli/backtest-folder.ts'
import type { OriginForecasts } from '../../src/forecast/backtest/types.ts'

const forecasts = (origin: number): OriginForecasts => ({
  origin,
  mean: Float32Array.of(1, 2),
  lower: Float32Array.of(0, 1),
  upper: Float32Array.of(2, 3),
})

describe('folder of a backtest', () => {
  let folder: string
  let out: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gruflow-folder-'))
    out = join(folder, 'a', 'out')
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('shows its files only when all of them are whole', async () => {
    const writing = await openFolder(out, [2, 1, 2])
    writing.append(forecasts(7))
    assert.deepEqual(
      (await readdir(out)).filter((name) => !name.endsWith('.tmp')),
      [],
    )
    writing.append(forecasts(8))
    await writing.finish({ kind: BACKTEST_KIND }, '<svg/>')
    await writing.discard()
    assert.deepEqual((await readdir(out)).sort(), [
      'forecasts.svg',
      'lower.npy',
      'mean.npy',
      'meta.json',
      'origins.npy',
      'upper.npy',
    ])
  })

  it('leaves nothing when it is broken off, and not even a folder that it has made', async () => {
    const writing = await openFolder(out, [2, 1, 2])
    writing.append(forecasts(7))
    await assert.rejects(writing.finish({}, undefined), /got 2 of its 4 numbers/)
    await writing.discard()
    await writing.discard()
    assert.deepEqual(await readdir(join(folder, 'a')), [])
  })

  it('keeps an earlier backtest when a new one is broken off, and replaces it otherwise', async () => {
    const first = await openFolder(out, [1, 1, 2])
    first.append(forecasts(3))
    await first.finish({ kind: BACKTEST_KIND, run: 1 }, '<svg/>')
    await checkFolder(out, false)
    const second = await openFolder(out, [1, 1, 2])
    await second.discard()
    assert.equal(JSON.parse(await readFile(join(out, 'meta.json'), 'utf8')).run, 1)

    const third = await openFolder(out, [1, 1, 2])
    third.append(forecasts(4))
    await third.finish({ kind: BACKTEST_KIND, run: 3 }, undefined)
    assert.equal(JSON.parse(await readFile(join(out, 'meta.json'), 'utf8')).run, 3)
    assert.equal((await readFile(join(out, 'origins.npy'))).readInt32LE(128), 4)
    // It was of the earlier backtest.
    assert.ok(!(await readdir(out)).includes('forecasts.svg'))
  })

  it('is one that is not there, is empty, or has nothing of the same name', async () => {
    await checkFolder(out, false)
    await mkdir(out, { recursive: true })
    await checkFolder(out, false)
    await writeFile(join(out, 'notes.txt'), '')
    await checkFolder(out, false)
  })

  for (const [name, text] of [
    ['meta.json', '{"kind": "something else"}'],
    ['meta.json', 'null'],
    ['meta.json', '{'],
    ['mean.npy', ''],
    ['forecasts.svg', ''],
  ]) {
    it(`is none that holds a ${name} of something else (${text || 'nothing'}), but with force`, async () => {
      await mkdir(out, { recursive: true })
      await writeFile(join(out, name), text)
      await assert.rejects(checkFolder(out, false), new RegExp(`'.*${name}' of no earlier backtest; --force`))
      await checkFolder(out, true)
    })
  }

  it('is no file, nothing below one, and no link that leads to nothing', async () => {
    const file = join(folder, 'file')
    await writeFile(file, '')
    await assert.rejects(checkFolder(file, true), /file' is no folder/)
    await assert.rejects(checkFolder(join(file, 'b'), true), /file\/b' cannot be written to: ENOTDIR/)
    await assert.rejects(openFolder(join(file, 'b'), [1, 1, 2]), /file\/b' cannot be written to: ENOTDIR/)
    await symlink('gone', join(folder, 'link'))
    await assert.rejects(checkFolder(join(folder, 'link'), true), /link' is a link that leads to nothing/)
  })
})
