import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { prepareUserDir } from '../../src/cli/node-red.ts'

describe("Node-RED's folder for the demo", () => {
  let folder: string
  const settings = (text: string): Promise<void> =>
    writeFile(join(folder, 'settings.cjs'), `module.exports = ${text}`)
  const devices = async (path: string): Promise<unknown[]> => {
    const nodes = JSON.parse(await readFile(join(folder, path), 'utf8')) as Record<string, unknown>[]
    return nodes.filter(({ type }) => type === 'gru-model').map(({ device }) => device)
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gruflow-dir-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('begins with settings and a flow, whose device is the one asked for', async () => {
    await prepareUserDir(folder, 'wasm')
    assert.deepEqual(await devices('flows.json'), ['wasm'])
    await prepareUserDir(folder, 'gpu')
    assert.deepEqual(await devices('flows.json'), ['gpu'])
  })

  for (const [what, text, path] of [
    ['another file', `{ flowFile: 'mine.json' }`, 'mine.json'],
    ['a file in a folder', `{ flowFile: './flows/mine.json' }`, 'flows/mine.json'],
    ['none', '{}', `flows_${hostname()}.json`],
  ] as const) {
    it(`sets the device in the file that the settings name: ${what}`, async () => {
      await settings(text)
      await prepareUserDir(folder, 'gpu')
      assert.deepEqual(await devices(path), ['gpu'])
      await assert.rejects(readFile(join(folder, 'flows.json')), { code: 'ENOENT' })
    })
  }

  it('with projects is left as it is; a device that is asked for is refused', async () => {
    await settings('{ editorTheme: { projects: { enabled: true } } }')
    await prepareUserDir(folder)
    await assert.rejects(
      prepareUserDir(folder, 'gpu'),
      /^Error: --device has no effect: '.*settings\.cjs' keeps flows in projects$/,
    )
  })

  it('whose settings cannot be read is named', async () => {
    await settings('{ flowFile: missing }')
    await assert.rejects(prepareUserDir(folder), /settings\.cjs' cannot be read: missing is not defined$/)
  })
})
