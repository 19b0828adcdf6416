import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { finished, killAll } from './child.ts'

const fixtures = fileURLToPath(new URL('../../../test/fixtures/weights/', import.meta.url))

describe('gruflow inspect', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gruflow-inspect-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))
  afterEach(killAll)

  /** A safetensors file of vectors with these names. */
  async function vectors(names: readonly string[], metadata: Record<string, string> = {}): Promise<string> {
    const entries = names.map((name, i) => {
      const place = { dtype: 'F32', shape: [1], data_offsets: [4 * i, 4 * i + 4] }
      return [name, place]
    })
    const header = Buffer.from(JSON.stringify(Object.fromEntries([['__metadata__', metadata], ...entries])))
    const length = Buffer.alloc(8)
    length.writeBigUInt64LE(BigInt(header.length))
    const path = join(folder, `${names.length}.safetensors`)
    await writeFile(path, Buffer.concat([length, header, Buffer.alloc(4 * names.length)]))
    return path
  }

  it('shows format, tensors and the GRU that it would be', async () => {
    const file = join(fixtures, 'torch_bidir2.safetensors')
    const { code, out, err } = await finished('inspect', file)
    assert.deepEqual([code, err], [0, ''])
    const lines = out.split('\n')
    assert.equal(lines[0], `${file}: safetensors, 16 tensors`)
    assert.ok(lines.includes('  weight_ih_l1_reverse  [12, 8]  F32'))
    for (const field of [/hiddenSize +4$/, /layers +2$/, /cell +reset-after$/, /direction +bidirectional$/]) {
      assert.ok(
        lines.some((line) => field.test(line)),
        String(field),
      )
    }
  })

  it('says the same as one JSON document', async () => {
    const { code, out, err } = await finished('inspect', '--json', join(fixtures, 'torch_bidir2.safetensors'))
    assert.deepEqual([code, err], [0, ''])
    const { format, tensors, spec, problem } = JSON.parse(out)
    assert.deepEqual([format, tensors.length, problem], ['safetensors', 16, undefined])
    assert.deepEqual(tensors[15], { name: 'weight_ih_l1_reverse', shape: [12, 8], dtype: 'F32' })
    assert.deepEqual([spec.inputSize, spec.hiddenSize, spec.direction], [3, 4, 'bidirectional'])
  })

  it('does as it is told about prefix and head', async () => {
    const file = join(fixtures, 'torch_gru2_head.safetensors')
    const outputs = async (...options: string[]): Promise<number> =>
      JSON.parse((await finished('inspect', '--json', file, ...options)).out).spec?.outputSize
    assert.equal(await outputs(), 2)
    assert.equal(await outputs('--no-head'), 0)
    assert.equal(await outputs('--prefix', 'gru.', '--head', 'head'), 2)
    const { code, out } = await finished('inspect', file, '--prefix', 'encoder.')
    assert.equal(code, 1)
    assert.match(out, /no model can be made of it\n .*"encoder\."/)
  })

  it('shows what is there when no model can be made of it, and ends with 1', async () => {
    const file = await vectors(['weight'], { made: 'by hand' })
    const { code, out, err } = await finished('inspect', file)
    assert.deepEqual([code, err], [1, ''])
    assert.match(
      out,
      /1 tensor\n[\s\S]* weight +\[1\] +F32\n[\s\S]*made +by hand\n[\s\S]*no model can be made of it\n {2}\S/,
    )
    const json = JSON.parse((await finished('inspect', '--json', file)).out)
    assert.match(json.problem, /\w/)
    assert.deepEqual(json.metadata, { made: 'by hand' })
  })

  it('prints nothing of a file that a terminal would obey', async () => {
    const hostile = ['\u001b[2Ja', 'b\u202ec', 'd\r\ne', '\u009b31mf', 'g\u2028\ud800', '漢字', '__proto__']
    const file = await vectors(hostile, { 'h\u0007': `${'i'.repeat(500)}\u001b]0;j` })
    const { out } = await finished('inspect', file)
    assert.doesNotMatch(out, /(?!\n)[\p{C}\u2028]/u)
    const rows = out.split('\n').filter((line) => line.endsWith('F32'))
    assert.equal(rows.length, hostile.length)
    // Each of the two characters takes two columns.
    assert.equal(rows[5].indexOf('[1]') + 2, rows[0].indexOf('[1]'))

    const json = (await finished('inspect', '--json', file)).out
    assert.doesNotMatch(json, /(?!\n)[\p{C}\u2028]/u)
    const { tensors, metadata } = JSON.parse(json)
    assert.deepEqual(
      tensors.map(({ name }: { name: string }) => name),
      hostile,
    )
    assert.deepEqual(Object.keys(metadata), ['h\u0007'])
  })

  it('counts what goes beyond a hundred tensors', async () => {
    const { out } = await finished('inspect', await vectors(Array.from({ length: 103 }, (_, i) => `t${i}`)))
    assert.match(out, /t99 [\s\S]*… and 3 more\n/)
    assert.doesNotMatch(out, /t100/)
  })

  for (const [what, path, reason] of [
    ['is not there', join(fixtures, 'none.pt'), /"none\.pt" cannot be read/],
    ['is a folder', fixtures, /"weights" is a folder/],
    ['is of no known format', join(fixtures, 'expected.json'), /no known format/],
  ] as const) {
    it(`says so when the file ${what}`, async () => {
      const { code, out, err } = await finished('inspect', path, '--json')
      assert.deepEqual([code, out], [1, ''])
      assert.ok(err.startsWith(`gruflow: ${path}: `), err)
      assert.match(err, reason)
      assert.doesNotMatch(err, /--help/)
    })
  }
})
