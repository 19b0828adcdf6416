import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import * as promises from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SnapshotTree } from '../../src/forecast/types.ts'
import { type FileCalls, openSnapshotFile } from '../../src/store/file.ts'
import { decodeSnapshot, encodeSnapshot } from '../../src/store/snapshot.ts'

const generation = (n: number): Uint8Array => encodeSnapshot({ n, state: new Float32Array(1000).fill(n) })
const use = (bytes: Uint8Array): number => (decodeSnapshot(bytes) as { n: SnapshotTree }).n as number

describe('store/file', () => {
  let folder: string
  const at = (name: string): string => join(folder, name)

  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), 'gruflow-')), 'store')
  })
  afterEach(() => {
    rmSync(join(folder, '..'), { recursive: true, force: true })
  })

  it('finds nothing where nothing was written', () => {
    assert.deepEqual(openSnapshotFile(folder, 'a').read(use), { refused: [] })
  })

  it('reads the newest generation and keeps the one before', async () => {
    const file = openSnapshotFile(folder, 'a')
    for (const n of [1, 2, 3]) await file.write(generation(n))
    assert.deepEqual(file.read(use), { value: 3, refused: [] })
    assert.equal(use(readFileSync(at('a.previous'))), 2)
    assert.deepEqual(readdirSync(folder).sort(), ['a', 'a.previous'])
  })

  it('falls back to the previous generation, says why, and keeps the damaged one', async () => {
    const before = openSnapshotFile(folder, 'a')
    for (const n of [1, 2]) await before.write(generation(n))
    writeFileSync(at('a'), generation(2).subarray(0, 100))

    const file = openSnapshotFile(folder, 'a')
    const { value, refused } = file.read(use)
    assert.equal(value, 1)
    assert.equal(refused.length, 1)
    assert.match(refused[0], /^a: snapshot is damaged: it has 100 bytes/)

    await file.write(generation(3))
    assert.equal(use(readFileSync(at('a.previous'))), 1, 'the good one was not pushed out by the damaged one')
    assert.equal(readFileSync(at('a.bak')).length, 100)
    assert.deepEqual(file.read(use), { value: 3, refused: [] })
  })

  it('keeps a copy of what the reader does not accept', async () => {
    await openSnapshotFile(folder, 'a').write(generation(1))
    const file = openSnapshotFile(folder, 'a')
    const { value, refused } = file.read(() => {
      throw new Error('of another version')
    })
    assert.equal(value, undefined)
    assert.deepEqual(refused, ['a: of another version'])
    await file.write(generation(2))
    assert.equal(use(readFileSync(at('a.bak'))), 1)
  })

  it('removes temporary files that a killed process left, its own only', async () => {
    mkdirSync(folder)
    for (const name of ['a.99-1.tmp', 'b.99-1.tmp', 'a.notes.tmp']) writeFileSync(at(name), 'half')
    openSnapshotFile(folder, 'a').read(use)
    assert.deepEqual(readdirSync(folder).sort(), ['a.notes.tmp', 'b.99-1.tmp'])
  })

  it('leaves the temporary file of a write under way alone', async () => {
    const slow = openSnapshotFile(folder, 'a', {
      ...promises,
      rename: async (from, to) => {
        openSnapshotFile(folder, 'a').read(use)
        await promises.rename(from, to)
      },
    })
    await slow.write(generation(1))
    assert.equal(slow.read(use).value, 1)
  })

  it('writes in the order asked', async () => {
    const file = openSnapshotFile(folder, 'a')
    await Promise.all([1, 2, 3, 4].map((n) => file.write(generation(n))))
    assert.equal(file.read(use).value, 4)
    assert.equal(use(readFileSync(at('a.previous'))), 3)
  })

  it('removes everything it has made', async () => {
    const file = openSnapshotFile(folder, 'a')
    for (const n of [1, 2]) await file.write(generation(n))
    await file.remove()
    assert.deepEqual(readdirSync(folder), [])
    await file.remove()
  })

  it('refuses names that are no plain file name, before touching anything', () => {
    const bad = ['', '.', '..', '../a', 'a/b', 'a\\b', '..%2fa', 'a\0', 'a b', 'ä', 'x'.repeat(65), 'C:']
    for (const name of bad) {
      assert.throws(() => openSnapshotFile(folder, name), { name: 'RangeError' }, JSON.stringify(name))
    }
    assert.equal(existsSync(folder), false)
  })

  it('reads old or new after any failing call, and heals', async () => {
    let failures = 0
    for (let n = 1; ; n++) {
      rmSync(folder, { recursive: true, force: true })
      const good = openSnapshotFile(folder, 'a')
      for (const g of [1, 2]) await good.write(generation(g))

      const { calls, failed } = failing(n)
      const file = openSnapshotFile(folder, 'a', calls)
      const outcome = await file.write(generation(3)).then(
        () => 'written',
        () => 'failed',
      )
      const { value } = openSnapshotFile(folder, 'a').read(use)
      assert.ok(value === 2 || value === 3, `call ${n}: read ${value}`)
      if (outcome === 'written') assert.equal(value, 3, `call ${n}`)
      if (!failed()) break
      failures++

      await file.write(generation(4))
      assert.equal(openSnapshotFile(folder, 'a').read(use).value, 4, `call ${n}: the next write works`)
    }
    assert.ok(failures >= 10, `${failures} calls were made to fail`)
  })

  it('never renames a short file over a good one', async () => {
    const good = openSnapshotFile(folder, 'a')
    await good.write(generation(1))
    const full = openSnapshotFile(folder, 'a', {
      ...promises,
      open: async (path, flags) => {
        const handle = await promises.open(path, flags)
        return wrap(handle, (name, call, args) =>
          name === 'writeFile' ? handle.writeFile((args[0] as Uint8Array).subarray(0, 64)) : call(),
        )
      },
    })
    await assert.rejects(full.write(generation(2)), /only 64 of \d+ bytes were written/)
    assert.equal(good.read(use).value, 1)
    assert.deepEqual(readdirSync(folder), ['a'])
  })
})

type Intercept = (name: string, call: () => unknown, args: unknown[]) => unknown

function wrap<T extends object>(target: T, intercept: Intercept): T {
  return new Proxy(target, {
    get(_, name) {
      const value = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => intercept(String(name), () => value.apply(target, args), args)
    },
  })
}

/** File calls of which the n-th fails once, counted over files and handles alike. */
function failing(n: number): { calls: FileCalls; failed: () => boolean } {
  let count = 0
  const intercept: Intercept = async (name, call) => {
    if (++count === n) {
      if (name === 'close') await call() // the handle itself is not to be leaked
      throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })
    }
    const result = await call()
    return isHandle(result) ? wrap(result, intercept) : result
  }
  return { calls: wrap({ ...promises }, intercept), failed: () => count >= n }
}

const isHandle = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && 'datasync' in value
