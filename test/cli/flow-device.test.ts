import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlowDevice } from '../../src/cli/flow-device.ts'

describe('device of a flow', () => {
  let folder: string
  let path: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gruflow-flow-'))
    path = join(folder, 'flows.json')
  })

  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('is set on all nodes that step a GRU, and nothing else is touched', async () => {
    const others = [
      { id: 'a', type: 'gru-forecast', model: 'b' },
      { id: 'd', type: 'mqtt in', topic: 'plant/#', device: 'boiler' },
    ]
    const models = [
      { id: 'b', type: 'gru-model', horizon: '24', device: 'auto' },
      { id: 'c', type: 'gru-step', file: 'a.pt' },
    ]
    await writeFile(path, JSON.stringify([...others, ...models]))
    await setFlowDevice(path, 'gpu')
    const now = JSON.parse(await readFile(path, 'utf8'))
    assert.deepEqual(now, [...others, ...models.map((node) => ({ ...node, device: 'gpu' }))])
  })

  it('leaves a flow as it is that has it already', async () => {
    await writeFile(path, '[{ "id": "b", "type": "gru-model", "device": "wasm" }]')
    const before = await stat(path)
    await setFlowDevice(path, 'wasm')
    assert.equal((await stat(path)).ino, before.ino)
  })

  for (const [text, reason] of [
    ['', /flows\.json' is no flow: .*JSON/],
    ['{"id":"b"}', /flows\.json' is no flow: it holds no list of nodes/],
    ['[1, {"type":"gru-model"}]', /flows\.json' is no flow: it holds no list of nodes/],
  ] as const) {
    it(`refuses '${text}' and leaves it as it is`, async () => {
      await writeFile(path, text)
      await assert.rejects(setFlowDevice(path, 'auto'), reason)
      assert.equal(await readFile(path, 'utf8'), text)
    })
  }
})
