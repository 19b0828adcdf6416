import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readModel } from '../../src/formats/read.ts'
import type { ImportOptions } from '../../src/formats/types.ts'
import { finished, killAll } from './child.ts'

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../../test/fixtures/weights/${name}`, import.meta.url))

describe('gruflow convert', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gruflow-convert-'))
  })
  afterEach(async () => {
    killAll()
    await rm(folder, { recursive: true, force: true })
  })

  const files = (): Promise<string[]> => readdir(folder)
  const sameModel = async (a: string, b: string, options: ImportOptions = {}): Promise<void> => {
    const [first, second] = [await readModel(a, options), await readModel(b)]
    assert.deepEqual(second.model, first.model)
  }

  for (const [source, destination, options, format] of [
    ['torch_gru2_head.pt', 'model.safetensors', [], 'safetensors'],
    ['torch_gru2_head.safetensors', 'model.npz', [], 'npz'],
    ['torch_bidir2.pt', 'model.safetensors', ['--to', 'pytorch'], 'pytorch'],
    ['torch_gru2_head.legacy.pt', 'model', ['--to', 'npz'], 'npz'],
    ['seed1_gru.npz', 'model.safetensors', [], 'safetensors'],
    ['torch_gru2_head.pt', 'model.onnx', [], 'onnx'],
    ['torch_gru2_head.pt', 'MODEL.ONNX', [], 'onnx'],
    ['onnx_gru_lbr1.onnx', 'model.npz', [], 'npz'],
    ['keras_gru_reset_after_True.keras', 'model.safetensors', [], 'safetensors'],
    ['keras_gru_reset_after_False.h5', 'model.onnx', [], 'onnx'],
  ] as const) {
    it(`writes ${source} as ${format} to ${destination}, and it is the same GRU`, async () => {
      const path = join(folder, destination)
      const { code, out, err } = await finished('convert', fixture(source), path, ...options)
      assert.deepEqual([code, err], [0, ''])
      const { length } = await readFile(path)
      assert.ok(out.startsWith(`${path}: ${format}, ${length} bytes, from ${fixture(source)} (`), out)
      assert.deepEqual(await files(), [destination])
      await sameModel(fixture(source), path)
    })
  }

  it('tells what was decided on the way', async () => {
    const { notes } = await readModel(fixture('seed1_gru.npz'), { preset: 'numpy' })
    const { code, out } = await finished(
      ...['convert', fixture('seed1_gru.npz'), join(folder, 'model.safetensors')],
      ...['--to', 'pytorch', '--preset', 'numpy'],
    )
    assert.equal(code, 0)
    for (const note of notes) assert.ok(out.includes(note), out)
    assert.match(out, /\n {2}the reset gate, computed and not used, is written as one that is always 1/)
  })

  it('leaves nothing behind when the format has no such GRU', async () => {
    const { code, out, err } = await finished(
      ...['convert', fixture('seed1_gru.npz'), join(folder, 'model.onnx'), '--preset', 'numpyLiteral'],
    )
    assert.deepEqual([code, out], [1, ''])
    assert.match(err, /^gruflow: .*no-carry\n$/)
    assert.deepEqual(await files(), [])
  })

  it('replaces a file only when it is told to', async () => {
    const path = join(folder, 'model.npz')
    await writeFile(path, 'mine')
    const args = ['convert', fixture('torch_nobias.safetensors'), path]
    const { code, out, err } = await finished(...args)
    assert.deepEqual([code, out], [1, ''])
    assert.match(err, /there is a file '.*model\.npz' already; --force replaces it/)
    assert.equal(await readFile(path, 'utf8'), 'mine')

    assert.equal((await finished(...args, '--force')).code, 0)
    await sameModel(args[1], path)
    assert.deepEqual(await files(), ['model.npz'])
  })

  it('keeps what was there when it cannot replace it', async () => {
    const path = join(folder, 'model.onnx')
    await writeFile(path, 'mine')
    const args = ['--force', '--preset', 'numpyLiteral']
    assert.equal((await finished('convert', fixture('seed1_gru.npz'), path, ...args)).code, 1)
    assert.equal(await readFile(path, 'utf8'), 'mine')
    assert.deepEqual(await files(), ['model.onnx'])
  })

  it('writes neither over a folder nor into one that is not there', async () => {
    await mkdir(join(folder, 'a.npz'))
    await writeFile(join(folder, 'file'), '')
    for (const [path, reason] of [
      ['a.npz', /a\.npz' is no file, and is not replaced/],
      ['none/a.npz', /'[^']*none\/a\.npz' cannot be written: there is no such folder\n$/],
      ['file/a.npz', /'[^']*file\/a\.npz' cannot be written: ENOTDIR\n$/],
    ] as const) {
      const { code, err } = await finished(
        ...['convert', fixture('torch_nobias.safetensors'), join(folder, path), '--force'],
      )
      assert.equal(code, 1)
      assert.match(err, reason)
    }
    assert.deepEqual((await files()).sort(), ['a.npz', 'file'])
  })

  it('replaces what a link leads to and leaves the link', async () => {
    await mkdir(join(folder, 'real'))
    const [real, link] = [join(folder, 'real', 'model'), join(folder, 'link.npz')]
    await writeFile(real, 'mine')
    await symlink(real, link)
    const args = ['convert', fixture('torch_nobias.safetensors'), link]
    const { code, err } = await finished(...args)
    assert.equal(code, 1)
    assert.match(err, /there is a file '.*link\.npz' already/)
    assert.equal(await readFile(real, 'utf8'), 'mine')

    assert.equal((await finished(...args, '--force')).code, 0)
    assert.ok((await lstat(link)).isSymbolicLink())
    await sameModel(args[1], real)
    assert.deepEqual(await readdir(join(folder, 'real')), ['model'])
  })

  it('writes over no link that leads to nothing, to a folder or to a device', async () => {
    for (const [target, reason] of [
      ['gone', /link\.npz' is a link that leads to nothing, and is not replaced/],
      [folder, /link\.npz' is no file, and is not replaced/],
      ['/dev/null', /link\.npz' is no file, and is not replaced/],
    ] as const) {
      if (!existsSync(target) && target.startsWith('/dev')) continue
      const link = join(folder, 'link.npz')
      await symlink(target, link)
      for (const force of [[], ['--force']]) {
        const { code, err } = await finished('convert', fixture('torch_nobias.safetensors'), link, ...force)
        assert.equal(code, 1)
        assert.match(err, reason)
      }
      assert.ok((await lstat(link)).isSymbolicLink())
      assert.deepEqual(await files(), ['link.npz'])
      await rm(link)
    }
  })

  it('keeps the preprocessing given, and that of the file it reads', async () => {
    const preprocessing = {
      inputs: [{ name: 'temperature', mean: 20, std: 5 }, { name: 'load' }, {}],
      outputs: [{ mean: 1 }, { std: 2 }],
    }
    const json = join(folder, 'scale.json')
    await writeFile(json, JSON.stringify(preprocessing))
    const [first, second] = [join(folder, 'a.safetensors'), join(folder, 'b.safetensors')]
    const source = fixture('torch_gru2_head.pt')
    assert.equal((await finished('convert', source, first, '--preprocessing', json)).code, 0)
    assert.equal((await finished('convert', first, second)).code, 0)
    assert.deepEqual((await readModel(second)).preprocessing, preprocessing)

    const { out } = await finished('inspect', second)
    assert.match(out, /preprocessing\n[^\n]*name +mean +std\n +input 1 +temperature +20 +5\n/)
  })

  for (const [what, content, reason] of [
    ['does not fit', '{"inputs": [{}]}', /preprocessing\.inputs must be an array of 3/],
    ['is not JSON', '{"inputs', /scale\.json' is not JSON/],
    ['is not there', undefined, /ENOENT.*scale\.json/],
    ['is too large', 2 ** 20 + 1, /scale\.json' has 1048577 bytes, at most 1048576 are read/],
  ] as const) {
    it(`refuses a preprocessing that ${what}`, async () => {
      const json = join(folder, 'scale.json')
      if (typeof content === 'string') await writeFile(json, content)
      if (typeof content === 'number') {
        await writeFile(json, '{}')
        await truncate(json, content)
      }
      const { code, out, err } = await finished(
        ...['convert', fixture('torch_gru2_head.pt'), join(folder, 'model.npz'), '--preprocessing', json],
      )
      assert.deepEqual([code, out], [1, ''])
      assert.match(err, reason)
      assert.ok(!(await files()).includes('model.npz'))
    })
  }

  it('refuses a preprocessing that is no file', async () => {
    const { code, err } = await finished(
      ...['convert', fixture('torch_gru2_head.pt'), join(folder, 'model.npz'), '--preprocessing', folder],
    )
    assert.equal(code, 1)
    assert.match(err, /' is no file\n$/)
  })

  it('says why it cannot read', async () => {
    const { code, err } = await finished('convert', fixture('expected.json'), join(folder, 'model.npz'))
    assert.equal(code, 1)
    assert.match(err, /^gruflow: \S+expected\.json: the file is of no known format: .*\n$/)
    assert.deepEqual(await files(), [])
  })
})
