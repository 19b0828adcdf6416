import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { lockFolder } from '../../src/cli/lock.ts'
import { gruflow, killAll, start } from './child.ts'

describe('lock of a folder', () => {
  let folder: string
  let file: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gruflow-lock-'))
    file = join(folder, 'gruflow.lock')
  })

  afterEach(async () => {
    killAll()
    await rm(folder, { recursive: true })
  })

  it('keeps a second demo out while the first runs', async () => {
    const unlock = await lockFolder(folder)
    const { child, closed } = gruflow('demo', '--user-dir', folder)
    const said = text(child.stderr!)
    assert.deepEqual(await closed, [1, null])
    assert.match(await said, new RegExp(`^gruflow: .*already running .*process ${process.pid}.*--user-dir`))
    assert.equal(await readFile(file, 'utf8'), String(process.pid))
    await unlock()
    await assert.rejects(readFile(file), { code: 'ENOENT' })
  })

  it('does not count once its process has died, or when it holds no process', async () => {
    const dead = start(process.execPath, ['--version'])
    await once(dead, 'exit')
    for (const left of [dead.pid, process.pid, '', 0, -1, 'x']) {
      await writeFile(file, String(left))
      const unlock = await lockFolder(folder)
      assert.equal(await readFile(file, 'utf8'), String(process.pid))
      await unlock()
    }
  })

  it('makes the folder', async () => {
    const unlock = await lockFolder(join(folder, 'new', 'deep'))
    await unlock()
  })
})
