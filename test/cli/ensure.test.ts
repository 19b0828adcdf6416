import assert from 'node:assert/strict'
import { once } from 'node:events'
import { access, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { packageRoot } from '../../src/cli/package.ts'
import { killAll, start } from './child.ts'

describe('ensure', () => {
  let clone: string

  /** A clone of a package with one development dependency, which comes from a folder. */
  beforeEach(async () => {
    clone = await mkdtemp(join(tmpdir(), 'gruflow-clone-'))
    const devDependencies = { tool: 'file:tool' }
    const tool = { name: 'tool', version: '1.0.0' }
    await mkdir(join(clone, 'tool'))
    await mkdir(join(clone, 'scripts'))
    await writeJson('tool/package.json', tool)
    await writeJson('package.json', { name: 'clone', version: '1.0.0', devDependencies })
    await writeJson('package-lock.json', {
      name: 'clone',
      version: '1.0.0',
      lockfileVersion: 3,
      packages: {
        '': { name: 'clone', version: '1.0.0', devDependencies },
        'node_modules/tool': { resolved: 'tool', link: true },
        tool: { version: '1.0.0', dev: true },
      },
    })
    await copyFile(join(packageRoot, 'scripts/ensure.mjs'), join(clone, 'scripts/ensure.mjs'))
    await writeFile(join(clone, 'scripts/build.mjs'), `console.log('built')`)
  })

  afterEach(async () => {
    killAll()
    await rm(clone, { recursive: true })
  })

  it('installs what is missing, development dependencies in production too', async () => {
    const { code, out } = await ensure()
    assert.equal(code, 0)
    await access(join(clone, 'node_modules/tool/package.json'))
    assert.match(out, /^Installing[\s\S]*built\n$/)
    assert.equal((await ensure()).out, 'built\n')
  })

  it('says in a sentence when it cannot', async () => {
    await writeJson('package.json', {
      name: 'clone',
      version: '1.0.0',
      devDependencies: { other: 'file:other' },
    })
    const { code, out, err } = await ensure()
    assert.equal(code, 1)
    assert.match(err, /GRUflow could not install its dependencies: .*\n$/)
    assert.doesNotMatch(err, / at .*ensure\.mjs/)
    assert.doesNotMatch(out, /built/)
  })

  const writeJson = (name: string, value: unknown): Promise<void> =>
    writeFile(join(clone, name), JSON.stringify(value))

  async function ensure(): Promise<{ code: unknown; out: string; err: string }> {
    const env = { ...process.env, NODE_ENV: 'production' }
    const child = start(process.execPath, ['scripts/ensure.mjs'], { cwd: clone, env })
    const closed = once(child, 'close')
    const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), closed])
    return { code, out, err }
  }
})
