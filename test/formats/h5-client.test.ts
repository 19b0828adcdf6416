import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { FormatError } from '../../src/formats/error.ts'
import { createH5Client, type H5Client } from '../../src/formats/keras/client.ts'
import type { H5Dataset, H5File } from '../../src/formats/keras/protocol.ts'

const MOODY = new URL('./workers/h5-moody.js', import.meta.url)
const CLIENT = new URL('../../src/formats/keras/client.js', import.meta.url)
const SMALL = new URL('../../../test/fixtures/keras-extra/keras3_nobias.weights.h5', import.meta.url)
const OLD = new URL('../../../test/fixtures/weights/keras_gru_reset_after_True.weights.h5', import.meta.url)
const [QUIET, HANGS, THROWS, EXITS, STALE, HOARDS] = [0, 1, 2, 3, 4, 5]
const FOREVER = 2 ** 31 - 1

describe('the worker that reads HDF5 files', () => {
  it('lists datasets without copying what lies in the file as it is', async () => {
    const bytes = readFileSync(SMALL)
    const { datasets } = await createH5Client().read(bytes)
    assert.deepEqual(
      datasets.map(({ path, shape, dtype }) => [path, shape, dtype]),
      [
        ['layers/gru/cell/vars/0', [3, 15], 'F32'],
        ['layers/gru/cell/vars/1', [5, 15], 'F32'],
      ],
    )
    assert.ok(datasets.every((dataset) => !(dataset.data instanceof Uint8Array)))
    inside(datasets, bytes)
  })

  it('serves one file after another in one thread', async () => {
    const client = createH5Client({ url: MOODY })
    const answers = await Promise.all([QUIET, QUIET, STALE, QUIET].map((mood) => ask(client, mood)))
    assert.match(answers[0], /^thread \d+$/)
    assert.equal(new Set(answers).size, 1)
  })

  it('is ended when a file takes too long, and the next file is read', async () => {
    const client = createH5Client({ url: MOODY, timeoutMs: 1000 })
    const [first, hung, next] = await Promise.all([QUIET, HANGS, QUIET].map((mood) => ask(client, mood)))
    assert.equal(hung, 'the HDF5 file could not be read within 1 s')
    assert.match(next, /^thread \d+$/)
    assert.notEqual(next, first)
  })

  it('may die, and the next file is read', async () => {
    const client = createH5Client({ url: MOODY })
    assert.equal(await ask(client, THROWS), 'reading the HDF5 file failed')
    assert.equal(await ask(client, EXITS), 'reading the HDF5 file ended without an answer')
    assert.equal(await ask(client, HOARDS), 'reading the HDF5 file takes more than 28 MB of memory')
    assert.match(await ask(client, QUIET), /^thread \d+$/)
  })

  it('ends after a large file, which it would keep in memory', async () => {
    const client = createH5Client({ url: MOODY })
    const large = await reason(client, new Uint8Array(2 ** 20 + 1))
    assert.match(large, /^thread \d+$/)
    assert.notEqual(await ask(client, QUIET), large)
  })

  it('ends when it has nothing to do', async () => {
    const client = createH5Client({ url: MOODY, idleMs: 1 })
    const first = await ask(client, QUIET)
    while ((await ask(client, QUIET)) === first) await wait(10)
  })

  it('does not keep the process alive', async () => {
    const program = `
      import { readFileSync } from 'node:fs'
      import { createH5Client } from ${JSON.stringify(CLIENT.href)}
      const client = createH5Client({ idleMs: ${FOREVER}, timeoutMs: ${FOREVER} })
      console.log((await client.read(readFileSync(new URL(${JSON.stringify(SMALL.href)})))).datasets.length)`
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [
      '--input-type=module',
      '-e',
      program,
    ])
    assert.deepEqual([stdout, stderr], ['2\n', ''])
  })

  it('is ended when a tree of groups unfolds without end', async () => {
    const client = createH5Client()
    assert.match(await reason(client, unfolding(readFileSync(OLD), 1000, 5)), /28 MB of memory|within 10 s/)
    assert.equal((await client.read(readFileSync(SMALL))).datasets.length, 2)
  })

  for (const [name, url] of [
    ['old', OLD],
    ['new', SMALL],
  ] as const) {
    it(`reads or refuses a damaged file of the ${name} layout, and reads the next`, async () => {
      const whole = readFileSync(url)
      const client = createH5Client()
      for (let length = 0; length < whole.byteLength; length += 41)
        await settle(client, whole.subarray(0, length))
      for (let at = 0; at < whole.byteLength; at += 7) {
        const bytes = Uint8Array.from(whole)
        bytes[at] ^= 1 << (at % 8)
        await settle(client, bytes)
        bytes[at] = 0xff
        await settle(client, bytes)
      }
      assert.ok((await client.read(whole)).datasets.length > 0)
    })
  }
})

function ask(client: H5Client, mood: number): Promise<string> {
  return reason(client, Uint8Array.of(mood))
}

async function reason(client: H5Client, bytes: Uint8Array): Promise<string> {
  const error = await client.read(bytes).catch((thrown: unknown) => thrown)
  assert.ok(error instanceof FormatError, `not refused: ${String(error)}`)
  return error.message
}

/** Anything but a FormatError fails the test; what is read must lie inside the file. */
async function settle(client: H5Client, bytes: Uint8Array): Promise<void> {
  const result = await client.read(bytes).catch((error: unknown) => error)
  if (result instanceof FormatError) return
  assert.ok(!(result instanceof Error), String(result))
  const { datasets } = result as H5File
  inside(datasets, bytes)
}

function inside(datasets: readonly H5Dataset[], bytes: Uint8Array): void {
  for (const { data } of datasets) {
    if (!(data instanceof Uint8Array)) assert.ok(data.at >= 0 && data.at + data.length <= bytes.byteLength)
  }
}

/** The file with its first group's B-tree replaced by levels of nodes that each name the one below many times. */
function unfolding(file: Buffer, names: number, levels: number): Uint8Array {
  const leaf = file.indexOf('TREE')
  const size = 24 + 16 * names + 8
  const bytes = Buffer.concat([file, Buffer.alloc(size * levels)])
  for (let level = 1; level <= levels; level++) {
    const at = file.byteLength + (level - 1) * size
    bytes.write('TREE', at, 'latin1')
    bytes[at + 5] = level
    bytes.writeUInt16LE(names, at + 6)
    for (let i = 0; i < names; i++) {
      bytes.writeBigUInt64LE(BigInt(level === 1 ? leaf : at - size), at + 32 + 16 * i)
    }
  }
  const address = Buffer.alloc(8)
  address.writeBigUInt64LE(BigInt(leaf))
  for (let at = file.indexOf(address); at >= 0; at = file.indexOf(address, at + 8)) {
    bytes.writeBigUInt64LE(BigInt(file.byteLength + (levels - 1) * size), at)
  }
  return bytes
}
