import assert from 'node:assert/strict'
import { mkdir, mkdtemp, realpath, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { FormatError } from '../../src/formats/error.ts'
import { openSource } from '../../src/formats/file.ts'
import { inspectModel, readModel } from '../../src/formats/read.ts'
import type { ImportOptions } from '../../src/formats/types.ts'
import { recurrent, refusal, safetensorsWith } from './files.ts'

const MODEL = safetensorsWith(recurrent('', 1, 2))

describe('readModel', () => {
  let folder = ''
  before(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'gruflow-formats-')))
  })
  after(() => rm(folder, { recursive: true }))

  it('reads a path, whatever the name says, and bytes', async () => {
    await writeFile(join(folder, 'model.onnx'), MODEL)
    const [a, b] = [await readModel(join(folder, 'model.onnx')), await readModel(Buffer.from(MODEL))]
    assert.equal(a.format, 'safetensors')
    assert.deepEqual(a, b)
  })

  it('says what is the matter with a path', async () => {
    await writeFile(join(folder, 'empty'), '')
    await writeFile(join(folder, 'large'), '')
    await truncate(join(folder, 'large'), 2 ** 31)
    assert.equal(await refusal(join(folder, 'none')), '"none" cannot be read: there is no such file')
    assert.equal(await refusal(join(folder, 'empty', 'x')), '"x" cannot be read: ENOTDIR')
    assert.equal(await refusal(folder), `"${basename(folder)}" is a folder, not a file`)
    assert.equal(await refusal(join(folder, 'empty')), '"empty" is empty')
    assert.equal(
      await refusal(join(folder, 'large')),
      '"large" has 2147483648 bytes, at most 1073741824 are read',
    )
    assert.equal(await refusal('a\0b'), '"a\\u0000b" cannot be read: ERR_INVALID_ARG_VALUE')
    assert.equal(await refusal('/dev/null'), '"null" is not a regular file')
  })

  it('says which formats there are', async () => {
    assert.match(
      await refusal(Buffer.from('GIF89a, say')),
      /^the file is of no known format: safetensors, npz, /,
    )
    assert.equal(await refusal(new Uint8Array()), 'the file is empty')
    await assert.rejects(inspectModel(Buffer.from('no model')), FormatError)
  })

  it('tells the mistakes of its caller from those of a file', async () => {
    const wrong = (options: unknown) => readModel(MODEL, options as ImportOptions)
    await assert.rejects(wrong({ preset: 'lstm' }), {
      name: 'RangeError',
      message: /^preset must be one of .*, got "lstm"$/,
    })
    await assert.rejects(wrong({ preset: 'toString' }), { name: 'RangeError' })
    await assert.rejects(wrong({ prefix: 1 }), { name: 'TypeError', message: 'prefix must be text, got 1' })
    await assert.rejects(wrong({ head: true }), {
      name: 'TypeError',
      message: 'head must be a name or false, got true',
    })
    await assert.rejects(readModel(1 as unknown as string), {
      name: 'TypeError',
      message: 'source must be a path or a Uint8Array, got 1',
    })
  })

  it('reads files beside a file, and leads nowhere else', async () => {
    await mkdir(join(folder, 'inner'))
    await writeFile(join(folder, 'outside'), 'secret')
    await writeFile(join(folder, 'inner', 'model'), MODEL)
    await writeFile(join(folder, 'inner', 'weights.bin'), 'abc')
    await symlink(join(folder, 'outside'), join(folder, 'inner', 'link'))
    await symlink('weights.bin', join(folder, 'inner', 'good'))
    const { readSibling } = await openSource(join(folder, 'inner', 'model'))
    assert.equal(Buffer.from(await readSibling('weights.bin')).toString(), 'abc')
    assert.equal(Buffer.from(await readSibling('good')).toString(), 'abc')
    for (const name of [
      '',
      '.',
      '..',
      '../outside',
      'a/../../outside',
      '..\\outside',
      join(folder, 'outside'),
      'C:x',
      'a\0',
    ]) {
      await assert.rejects(readSibling(name), {
        name: 'FormatError',
        message: /^the file names ".*", which is not a file in the same folder$/,
      })
    }
    await assert.rejects(readSibling('link'), {
      name: 'FormatError',
      message:
        '"link" is a link that leads out of the folder of the file; copy what it leads to into that folder',
    })
    await assert.rejects(readSibling('none'), {
      name: 'FormatError',
      message: '"none" cannot be read: there is no such file',
    })
    const { readSibling: fromBytes } = await openSource(MODEL)
    await assert.rejects(fromBytes('weights.bin'), {
      name: 'FormatError',
      message: 'the file needs "weights.bin" beside it, so it must be read by its path',
    })
  })
})
