import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bytes, type Chunks, integer, message, text } from '../../src/formats/onnx/encode.ts'
import { readModel } from '../../src/formats/read.ts'
import { refusal } from './files.ts'
import { gru, gruFile, HIDDEN, onnxFile } from './onnx-file.ts'

const H = HIDDEN

describe('ONNX files with numbers elsewhere', () => {
  const external = (entries: Readonly<Record<string, string>>, shape = [1, 3 * H, H]): Chunks =>
    message(
      integer(1, ...shape),
      integer(2, 1),
      text(8, 'gru.R'),
      ...Object.entries(entries).map(([key, value]) => bytes(13, message(text(1, key), text(2, value)))),
      integer(14, 1),
    )
  const fileWith = (R: Chunks): Uint8Array => {
    const { node, weights } = gru()
    return onnxFile({ nodes: [node], initialisers: [weights[0], R, weights[2]] })
  }
  const numbers = Float32Array.from({ length: 3 * H * H }, (_, i) => i / 100)
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gruflow-onnx-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  async function readExternal(entries: Readonly<Record<string, string>>): Promise<Uint8Array | string> {
    const path = join(folder, 'model.onnx')
    await writeFile(path, fileWith(external(entries)))
    await writeFile(join(folder, 'weights'), Buffer.concat([Buffer.alloc(8), Buffer.from(numbers.buffer)]))
    try {
      return new Uint8Array((await readModel(path)).model.weights.buffer)
    } catch {
      return refusal(path)
    }
  }

  it('are read from the same folder', async () => {
    const { model } = await readModel(gruFile())
    const length = String(numbers.byteLength)
    const got = await readExternal({ location: 'weights', offset: '8', length })
    assert.deepEqual(got, new Uint8Array(model.weights.buffer))
    assert.deepEqual(await readExternal({ location: 'weights', offset: '8' }), got)
  })

  it('are refused from elsewhere, or when they do not fit', async () => {
    assert.match(String(await readExternal({ location: '../weights' })), /is not a file in the same folder$/)
    assert.match(String(await readExternal({ location: '/etc/passwd' })), /is not a file in the same folder$/)
    assert.match(String(await readExternal({})), /is in another file, which is not named$/)
    assert.match(String(await readExternal({ location: 'none' })), /there is no such file$/)
    assert.match(
      String(await readExternal({ location: 'weights', offset: '-8' })),
      /the impossible offset "-8"$/,
    )
    assert.match(
      String(await readExternal({ location: 'weights', offset: '12' })),
      /needs 108 bytes, the file has 104$/,
    )
    const far = { location: 'weights', offset: '8', length: '4096' }
    assert.match(String(await readExternal(far)), /lies at 8 to 4104 of "weights", which has 116 bytes$/)
    const sentence = 'the file needs "weights" beside it, so it must be read by its path'
    assert.equal(await refusal(fileWith(external({ location: 'weights' }))), sentence)
  })
})
