import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { copyFile, mkdtemp, readdir, readFile, rm, watch, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readFitted, type SavedFitted } from '../../src/store/fitted.ts'
import { finished, type Gruflow, gruflow, killAll } from './child.ts'
import { hourly, writeTable } from './tables.ts'

describe('gruflow fit', () => {
  let folder: string
  let table: string
  let out: string
  let kept: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gruflow-fit-'))
    table = join(folder, 'plant.csv')
    out = join(folder, 'model.safetensors')
    kept = join(folder, 'kept')
  })
  afterEach(async () => {
    killAll()
    await rm(folder, { recursive: true, force: true })
  })

  const small = ['--hidden', '8', '--epochs', '2']
  const fitted = (path = out): Promise<SavedFitted> => readFitted(path)

  /** Ends a fit by a signal as soon as there is a checkpoint. */
  async function brokenOff(signal: NodeJS.Signals, ...args: string[]): Promise<unknown[]> {
    const changes = watch(folder)
    const { child, closed }: Gruflow = gruflow(...args)
    for await (const _ of changes) if (existsSync(kept)) break
    child.kill(signal)
    return closed
  }

  it('writes a model of the columns, and says how good it is', async () => {
    await writeTable(table, { rows: 300, names: ['a,b', 'load', 'other'] })
    const {
      code,
      out: said,
      err,
    } = await finished('fit', table, '-o', out, '--columns', '"a,b",load', ...small)
    assert.deepEqual([code, err], [0, 'measuring …\nfinishing …\n'])
    const { model, period, metrics } = await fitted()
    assert.deepEqual(
      model.channels.map(({ key, season }) => [key, season]),
      [
        ['a,b', 24],
        ['load', 24],
      ],
    )
    assert.deepEqual([model.spec.horizon, model.spec.hiddenSize, period], [24, 8, 3_600_000])
    assert.ok(metrics)
    const rows = [metrics.gru, metrics.naive, metrics.seasonalNaive, metrics.ridge]
    for (const [i, name] of ['GRU', 'naive', 'seasonal naive', 'ridge regression'].entries()) {
      assert.match(
        said,
        new RegExp(`\n {2}${name} +${rows[i].mse.toPrecision(4)} +${rows[i].mae.toPrecision(4)} `),
      )
    }
    assert.ok(said.includes(`\nThe GRU is ${metrics.sentence}.\n`), said)
    assert.match(said, /\n.*model\.safetensors: \d+ bytes\n$/)
    assert.deepEqual((await readdir(folder)).sort(), ['model.safetensors', 'plant.csv'])
  })

  it('fits the net that it is told to', async () => {
    await writeTable(table, { rows: 300, names: ['x'] })
    const args = [
      '--time',
      'time',
      '--horizon',
      '10',
      '--segment',
      '6',
      '--season',
      '12',
      '--scale',
      'running',
    ]
    assert.equal((await finished('fit', table, '-o', out, ...small, ...args, '--seed', '3')).code, 0)
    const { model } = await fitted()
    const { segment, horizon, scale } = model.spec
    assert.deepEqual([segment, horizon, scale, model.channels[0].season], [6, 10, 'running', 12])
    const again = join(folder, 'again')
    assert.equal((await finished('fit', table, '-o', again, ...small, ...args, '--seed', '4')).code, 0)
    assert.notDeepEqual((await fitted(again)).model.weights, model.weights)
  })

  it('learns from rows on a grid, and says what was filled', async () => {
    await writeTable(table, { rows: 300, names: ['x'], time: (row) => hourly(row < 100 ? row : row + 5) })
    const { code, out: said } = await finished('fit', table, '-o', out, ...small)
    assert.equal(code, 0)
    assert.match(said, /\n.*\b5\b.*\n.*bytes\n$/)
  })

  it('fits a history that is too short to be measured, and says that it is not', async () => {
    await writeTable(table, { rows: 60, names: ['x'] })
    const { code, out: said } = await finished('fit', table, '-o', out, ...small)
    assert.equal(code, 0)
    assert.match(said, /\nNot measured: there is too little history/)
    assert.equal((await fitted()).metrics, null)
  })

  it('replaces a model only when it is told to, and says so before it learns', async () => {
    await writeTable(table, { rows: 300, names: ['x'] })
    await writeFile(out, 'mine')
    const { code, out: said, err } = await finished('fit', table, '-o', out, ...small)
    assert.deepEqual([code, said], [1, ''])
    assert.match(err, /^gruflow: there is a file '.*model\.safetensors' already; --force replaces it\n$/)
    assert.equal(await readFile(out, 'utf8'), 'mine')
    assert.equal((await finished('fit', table, '-o', out, ...small, '--force')).code, 0)
    assert.ok(await fitted())
  })

  it('says before it learns that there is no folder for the model or the checkpoint', async () => {
    await writeTable(table, { rows: 300, names: ['x'] })
    const none = join(folder, 'none', 'file')
    for (const args of [
      ['-o', none],
      ['-o', out, '--checkpoint', none],
    ]) {
      const { code, err } = await finished('fit', table, ...args, ...small)
      assert.equal(code, 1)
      assert.match(err, /^gruflow: '.*none\/file' cannot be written: there is no such folder\n$/)
    }
  })

  it('goes on from a checkpoint as if never stopped, and removes it at the end', async () => {
    await writeTable(table, { rows: 4000, names: ['x', 'y'] })
    const args = ['fit', table, '--hidden', '32', '--epochs', '6', '--max-seconds', '3000', '--seed', '5']
    const whole = join(folder, 'whole')
    assert.equal((await finished(...args, '-o', whole)).code, 0)

    const broken = await brokenOff('SIGINT', ...args, '-o', out, '--checkpoint', kept)
    assert.deepEqual(broken, [130, null])
    assert.deepEqual((await readdir(folder)).sort(), ['kept', 'plant.csv', 'whole'])

    const { code, err } = await finished(...args, '-o', out, '--checkpoint', kept)
    assert.equal(code, 0)
    assert.match(err, /^going on from the checkpoint\n/)
    assert.deepEqual((await readdir(folder)).sort(), ['model.safetensors', 'plant.csv', 'whole'])
    const [first, second] = [await fitted(whole), await fitted()]
    assert.deepEqual(second.model, first.model)
    assert.deepEqual(second.metrics, first.metrics)
  })

  it('goes on from no checkpoint of another history, other options, or of nothing', async () => {
    await writeTable(table, { rows: 2000, names: ['x'] })
    const args = ['-o', out, '--checkpoint', kept, '--hidden', '32']
    assert.deepEqual(await brokenOff('SIGTERM', 'fit', table, ...args), [143, null])

    const other = join(folder, 'other.csv')
    await writeTable(other, { rows: 2001, names: ['x'] })
    const damaged = join(folder, 'damaged')
    await copyFile(kept, damaged)
    const bytes = await readFile(damaged)
    bytes[bytes.length >> 1] ^= 1
    await writeFile(damaged, bytes)
    for (const [given, reason] of [
      [[other, ...args], /kept' is no checkpoint to go on from: it is of another history/],
      [
        [table, ...args, '--seed', '2'],
        /kept' is no checkpoint to go on from: it is of a fit with other options/,
      ],
      [[table, '-o', out, '--checkpoint', damaged], /damaged' is no checkpoint .* checksum/],
      [[table, '-o', out, '--checkpoint', table], /plant\.csv' is no checkpoint .* not a snapshot/],
      [[table, '-o', out, '--checkpoint', folder], /' is no checkpoint to go on from: it is no file/],
    ] as const) {
      const { code, err } = await finished('fit', ...given)
      assert.equal(code, 1)
      assert.match(err, reason)
    }
    assert.ok(existsSync(kept))
    assert.ok(!existsSync(out))
  })

  it('says in one sentence what of a file cannot be used, and leaves nothing', async () => {
    for (const [content, reason] of [
      ['', /the table is empty/],
      ['a\n1\n\u001b[2J\n', /"\\u001b\[2J" is no number/],
      ['a\n1\n2\n', /too few to learn/],
    ] as const) {
      await writeFile(table, content)
      const { code, out: said, err } = await finished('fit', table, '-o', out)
      assert.deepEqual([code, said], [1, ''])
      assert.match(err, /^gruflow: [^\n]*\n$/)
      assert.match(err, reason)
      assert.doesNotMatch(err, /(?!\n)\p{C}/u)
      assert.deepEqual(await readdir(folder), ['plant.csv'])
    }
  })
})
