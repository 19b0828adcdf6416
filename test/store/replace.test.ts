import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import * as promises from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type WriteCalls, writeWhole } from '../../src/store/replace.ts'

describe('store/replace', () => {
  let folder: string
  const at = (name: string): string => join(folder, name)
  const text = (name: string): string => readFileSync(at(name), 'utf8')
  const failing = (code: string) => async (): Promise<never> => {
    throw Object.assign(new Error(code), { code })
  }
  const calls = (some: Partial<WriteCalls>): WriteCalls => ({ ...promises, ...some })
  const bytes = Buffer.from('new')

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gruflow-replace-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('writes, replaces, and leaves nothing beside it', async () => {
    await writeWhole(at('a'), Buffer.from('old'))
    await writeWhole(at('a'), bytes)
    assert.equal(text('a'), 'new')
    assert.deepEqual(readdirSync(folder), ['a'])
  })

  for (const [where, some] of [
    ['with links', {}],
    ['without links', { link: failing('EPERM') as WriteCalls['link'] }],
  ] as const) {
    it(`adds a file on a file system ${where}, and replaces none, whatever it is`, async () => {
      await writeWhole(at('a'), bytes, { replace: false, calls: calls(some) })
      assert.equal(text('a'), 'new')
      writeFileSync(at('b'), 'mine')
      symlinkSync('gone', at('dangling'))
      for (const name of ['b', 'dangling']) {
        await assert.rejects(writeWhole(at(name), bytes, { replace: false, calls: calls(some) }), {
          code: 'EEXIST',
        })
      }
      assert.equal(text('b'), 'mine')
      assert.deepEqual(readdirSync(folder).sort(), ['a', 'b', 'dangling'])
    })
  }

  it('keeps the old file when the new one cannot take its place', async () => {
    writeFileSync(at('a'), 'old')
    await assert.rejects(
      writeWhole(at('a'), bytes, { calls: calls({ rename: failing('EXDEV') as WriteCalls['rename'] }) }),
      { code: 'EXDEV' },
    )
    assert.equal(text('a'), 'old')
    assert.deepEqual(readdirSync(folder), ['a'])
  })

  it('removes nothing that it did not make', async () => {
    const removed: unknown[] = []
    const rm: WriteCalls['rm'] = async (path) => {
      removed.push(path)
    }
    const open = failing('EEXIST') as WriteCalls['open']
    await assert.rejects(writeWhole(at('a'), bytes, { calls: calls({ open, rm }) }), { code: 'EEXIST' })
    assert.deepEqual(removed, [])
  })
})
