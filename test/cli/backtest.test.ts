import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { readNpy } from '../../src/formats/npz/npy.ts'
import { finished, gruflow, killAll, program, start } from './child.ts'
import { hourly, valueAt, writeTable } from './tables.ts'
import { elementsOf } from './xml.ts'

const HOSTILE = 'a,"b"</text><script>\u001b[31m'

/** The numbers of a file and what it says of them. */
function npy(path: string): { shape: readonly number[]; dtype: string; values: Float32Array | Int32Array } {
  const { shape, dtype, bytes } = readNpy(readFileSync(path), path)
  const { buffer } = new Uint8Array(bytes)
  return { shape, dtype, values: dtype === 'I32' ? new Int32Array(buffer) : new Float32Array(buffer) }
}

describe('gruflow backtest', () => {
  let folder: string
  let table: string
  let out: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gruflow-backtest-'))
    table = join(folder, 'plant.csv')
    out = join(folder, 'out')
  })
  afterEach(async () => {
    killAll()
    await rm(folder, { recursive: true, force: true })
  })

  const small = ['--hidden', '8', '--max-seconds', '5']
  const rows = ['--fit', '0:200', '--validate', '200:260', '--test', '260:300']
  const meta = async (
    path = out,
  ): Promise<Record<string, unknown> & { scores: Record<string, { mse: number }> }> =>
    JSON.parse(await readFile(join(path, 'meta.json'), 'utf8'))

  it('writes the forecasts of all columns from every row whose horizon lies in the test rows', async () => {
    await writeTable(table, { rows: 310, names: ['x', 'a,b', 'y'] })
    const args = [
      '--time',
      'time',
      '--columns',
      '"a,b",x',
      '--horizon',
      '12',
      ...rows,
      '--mode',
      'frozen',
      ...small,
    ]
    const { code, out: said, err } = await finished('backtest', table, ...args, '--out', out)
    assert.deepEqual([code, err], [0, 'fitting …\nforecasting …\n'])
    assert.deepEqual((await readdir(out)).sort(), [
      'lower.npy',
      'mean.npy',
      'meta.json',
      'origins.npy',
      'upper.npy',
    ])

    const [mean, lower, upper] = ['mean', 'lower', 'upper'].map((name) => npy(join(out, `${name}.npy`)))
    const origins = npy(join(out, 'origins.npy'))
    assert.deepEqual([origins.dtype, origins.shape], ['I32', [29]])
    assert.deepEqual(
      [...origins.values],
      Array.from({ length: 29 }, (_, i) => 259 + i),
    )
    for (const { dtype, shape } of [mean, lower, upper])
      assert.deepEqual([dtype, shape], ['F32', [29, 2, 12]])
    assert.ok(mean.values.every((v, i) => lower.values[i] < v && v < upper.values[i]))

    // The scores again, from the files alone: columns, rows, order and units are what they say.
    let squares = 0
    for (const [c, column] of [1, 0].entries()) {
      const fitted = Array.from({ length: 200 }, (_, row) => Number(valueAt(row, column).toFixed(4)))
      const average = fitted.reduce((a, b) => a + b) / 200
      const deviation = Math.sqrt(fitted.reduce((sum, v) => sum + (v - average) ** 2, 0) / 200)
      for (let o = 0; o < 29; o++) {
        for (let h = 0; h < 12; h++) {
          const truth = Number(valueAt(260 + o + h, column).toFixed(4))
          squares += ((mean.values[(o * 2 + c) * 12 + h] - truth) / deviation) ** 2
        }
      }
    }
    const facts = await meta()
    const mse = squares / (29 * 2 * 12)
    assert.ok(Math.abs(facts.scores.forecast.mse - mse) < 1e-5 * mse, `${facts.scores.forecast.mse}, ${mse}`)
    assert.match(said, new RegExp(`forecast +${facts.scores.forecast.mse.toPrecision(4)} `))
    assert.match(said, /^29 forecasts of 12 rows for 2 columns, frozen\n/)
    assert.match(said, /\n {2}naive +\S+ +\S+ +\S+\n {2}seasonal naive, 24 rows +\S+/)
    assert.match(said, /\nThe forecasts are .* of the two simple forecasts/)
  })

  it('tells in meta.json all that it takes to run the same again, and what ran', async () => {
    await writeTable(table, { rows: 310, names: ['x', 'y'] })
    const args = [
      ...rows,
      '--horizon',
      '6',
      '--seed',
      '7',
      '--segment',
      '12',
      '--hidden',
      '8',
      '--season',
      '0',
    ]
    const more = [
      '--scale',
      'fixed',
      '--coverage',
      '0.8',
      '--threads',
      '2',
      '--max-seconds',
      '60',
      '--device',
      'wasm',
    ]
    const { code } = await finished('backtest', table, ...args, ...more, '--out', out)
    assert.equal(code, 0)
    const facts = await meta()
    assert.deepEqual(
      [facts.kind, facts.columns, facts.threads, facts.season],
      ['gruflow backtest', ['x', 'y'], 2, 0],
    )
    assert.deepEqual(facts.options, {
      mode: 'frozen',
      horizon: 6,
      fit: { from: 0, to: 200 },
      validate: { from: 200, to: 260 },
      test: { from: 260, to: 300 },
      coverage: 0.8,
      threads: 2,
      device: 'wasm',
      segment: 12,
      hiddenSize: 8,
      season: 0,
      scale: 'fixed',
      seed: 7,
      maxSeconds: 60,
    })
    const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))
    assert.deepEqual(facts.versions, { gruflow: version, node: process.version })
    assert.match(String(facts.device), /^cpu:wasm/)
    for (const name of ['parameters', 'fitSeconds', 'stepSeconds']) assert.ok(Number(facts[name]) > 0, name)
  })

  for (const mode of ['stream', 'cold']) {
    it(`forecasts the same rows in the mode ${mode}`, async () => {
      await writeTable(table, { rows: 310, names: ['x'] })
      const { code, out: said } = await finished(
        'backtest',
        table,
        '--horizon',
        '4',
        ...rows,
        '--mode',
        mode,
        ...small,
        '--out',
        out,
      )
      assert.equal(code, 0)
      assert.match(said, new RegExp(`^37 forecasts of 4 rows for 1 column, ${mode}\n`))
      assert.deepEqual(npy(join(out, 'mean.npy')).shape, [37, 1, 4])
      const { values } = npy(join(out, 'origins.npy'))
      assert.deepEqual([values[0], values[36]], [259, 295])
      assert.ok(npy(join(out, 'mean.npy')).values.every(Number.isFinite))
    })
  }

  it('chooses rows, columns, horizon and folder by itself, and draws', async () => {
    await writeTable(join(folder, 'packed'), { rows: 300, names: [HOSTILE, 'load'] })
    await writeFile(join(folder, 'hall.csv.gz'), gzipSync(await readFile(join(folder, 'packed'))))
    const child = start(process.execPath, [program, 'backtest', 'hall.csv.gz', ...small], { cwd: folder })
    const [said, err] = await Promise.all([text(child.stdout), text(child.stderr)])
    assert.equal(err, 'fitting …\nforecasting …\n')
    assert.match(said, /^46 forecasts of 15 rows for 2 columns, frozen\n/)
    assert.match(said, /\nwritten to hall-backtest\n$/)
    assert.doesNotMatch(said, /(?!\n)\p{C}/u)
    const facts = await meta(join(folder, 'hall-backtest'))
    assert.deepEqual(facts.columns, [HOSTILE, 'load'])
    assert.deepEqual(facts.rows, {
      all: 300,
      fit: { from: 0, to: 180 },
      validate: { from: 180, to: 240 },
      test: { from: 240, to: 300 },
    })
    const elements = elementsOf(await readFile(join(folder, 'hall-backtest', 'forecasts.svg'), 'utf8'))
    const names = elements
      .filter(({ attributes }) => attributes.includes('class="name"'))
      .map((element) => element.text)
    assert.deepEqual(names, ['a,&quot;b&quot;&lt;/text&gt;&lt;script&gt;\\u001b[31m', 'load'])
  })

  it('draws also for named rows when told to, at most six columns', async () => {
    await writeTable(table, { rows: 310, names: ['a', 'b', 'c', 'd', 'e', 'f', 'g'] })
    const { code } = await finished(
      'backtest',
      table,
      ...rows,
      '--horizon',
      '6',
      '--chart',
      ...small,
      '--out',
      out,
    )
    assert.equal(code, 0)
    const svg = await readFile(join(out, 'forecasts.svg'), 'utf8')
    assert.equal(svg.match(/class="name"/g)?.length, 6)
    assert.equal(npy(join(out, 'mean.npy')).shape[1], 7)
  })

  it('puts rows on a grid when it chooses them, and says so', async () => {
    await writeTable(table, { rows: 300, names: ['x'], time: (row) => hourly(row < 100 ? row : row + 5) })
    const { code, out: said } = await finished('backtest', table, ...small, '--out', out)
    assert.equal(code, 0)
    const { notes, rows: all } = (await meta()) as { notes?: string[]; rows?: { all: number } }
    assert.equal(all?.all, 305)
    assert.deepEqual(notes, [
      'times: column "time", 1 h apart',
      '5 rows are empty because no reading came for them',
    ])
    assert.ok(said.includes(notes[1]))
  })

  it('counts named rows as they stand in the file, also where their times repeat', async () => {
    await writeTable(table, { rows: 310, names: ['x'], time: (row) => hourly(row < 100 ? row : row - 1) })
    const args = ['--time', 'time', '--horizon', '6', ...rows, ...small, '--out', out]
    for (const columns of [[], ['--columns', 'x']]) {
      const { code, out: said } = await finished('backtest', table, ...columns, ...args)
      assert.equal(code, 0)
      assert.match(said, /\nrows count without their times, which do not rise: row 101/)
      assert.equal(npy(join(out, 'origins.npy')).values[0], 259)
    }
    const refused = await finished('backtest', table, '--columns', 'x', ...args, '--time', 'tiem')
    assert.equal(refused.code, 1)
    assert.match(refused.err, /there is no column "tiem"/)
  })

  it('leaves out columns without a value to learn from, unless they are named', async () => {
    const lines = Array.from({ length: 300 }, (_, row) => `${valueAt(row, 0)},${row < 180 ? '' : row % 9}`)
    await writeFile(table, `x,late\n${lines.join('\n')}\n`)
    const { code, out: said } = await finished('backtest', table, ...small, '--out', out)
    assert.equal(code, 0)
    const { columns, notes } = (await meta()) as { columns?: string[]; notes?: string[] }
    assert.deepEqual(columns, ['x'])
    assert.deepEqual(notes, [
      'no column of times: rows count as equally far apart',
      'left out for having no value in the rows to learn from: "late"',
    ])
    for (const note of notes ?? []) assert.ok(said.includes(`\n${note}\n`), note)
    const named = await finished('backtest', table, '--columns', 'x,late', ...small, '--out', out)
    assert.equal(named.code, 1)
    assert.match(named.err, /column "late" has no value in the fit rows, 0:180/)
  })

  it('sorts rows by time when it puts them on a grid, and says so', async () => {
    await writeTable(table, { rows: 300, names: ['x'], time: (row) => hourly(row === 100 ? 99 : 299 - row) })
    const { code, out: said } = await finished('backtest', table, ...small, '--out', out)
    assert.equal(code, 0)
    const { notes } = (await meta()) as { notes?: string[] }
    assert.deepEqual(notes, [
      'times: column "time", 1 h apart',
      'rows were put in the order of their times',
      '1 row was left out because a row before has the same time',
      '1 row is empty because no reading came for it',
    ])
    for (const note of notes ?? []) assert.ok(said.includes(`\n${note}\n`), note)
  })

  it('replaces an earlier backtest, and nothing else unless it is told to', async () => {
    await writeTable(table, { rows: 310, names: ['x'] })
    const args = ['backtest', table, ...rows, '--horizon', '6', ...small, '--out', out]
    assert.equal((await finished(...args)).code, 0)
    assert.equal((await finished(...args)).code, 0)
    await writeFile(join(out, 'meta.json'), '{"kind": "mine"}')
    const { code, err } = await finished(...args)
    assert.equal(code, 1)
    assert.match(err, /there is a file '.*' of no earlier backtest; --force replaces it\n$/)
    assert.equal((await finished(...args, '--force')).code, 0)
    assert.equal((await meta()).kind, 'gruflow backtest')
  })

  for (const [stage, shape] of [
    [
      'fitting',
      ['--fit', '0:15000', '--validate', '15000:17000', '--test', '17000:20000', '--hidden', '256'],
    ],
    ['forecasting', ['--fit', '0:200', '--validate', '200:400', '--test', '400:20000', '--max-seconds', '1']],
  ] as const) {
    it(`leaves nothing when it is interrupted while ${stage}`, async () => {
      await writeTable(table, { rows: 20_000, names: ['a', 'b', 'c'] })
      const { child, closed } = gruflow('backtest', table, ...shape, '--horizon', '96', '--out', out)
      const said: string[] = []
      for await (const line of createInterface({ input: child.stderr! })) {
        said.push(line)
        if (line === `${stage} …`) child.kill('SIGINT')
      }
      assert.deepEqual(await closed, [130, null])
      assert.equal(said.at(-1), 'gruflow: interrupted')
      assert.deepEqual(await readdir(folder), ['plant.csv'])
    })
  }

  for (const [what, content, reason] of [
    ['is empty', '', /the table is empty/],
    ['has no numbers', 'time,a\n2026-01-01,x\n2026-01-02,y\n', /no column holds numbers/],
    ['is binary', Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 89) % 256)), /cannot be read/],
    ['has too few rows', 'a\n1\n2\n3\n', /the file has 3 rows; at least 5 are needed\n/],
    [
      'has a cell that a terminal would obey',
      `a\n1\n${'\u001b[2J'}\n`,
      /row 2 \(line 3\), column "a": "\\u001b\[2J" is no number/,
    ],
    [
      'claims to be packed and is cut off',
      gzipSync(Buffer.alloc(9999, 'a,b\n')).subarray(0, 20),
      /gzip data end too early/,
    ],
  ] as const) {
    it(`says in one sentence that a file ${what}, and leaves nothing`, async () => {
      await writeFile(table, content)
      const { code, out: said, err } = await finished('backtest', table, '--out', out)
      assert.deepEqual([code, said], [1, ''])
      assert.match(err, /^gruflow: [^\n]*\n$/)
      assert.match(err, reason)
      assert.doesNotMatch(err, /(?!\n)\p{C}/u)
      assert.deepEqual(await readdir(folder), ['plant.csv'])
    })
  }

  for (const [args, reason] of [
    [['--columns', 'none'], /there is no column "none", the columns are "time", "x"/],
    [['--time', 'none'], /there is no column "none"/],
    [
      [...rows.slice(0, 4), '--test', '260:400'],
      /test rows 260:400 are not a range of the table's rows, 0:310/,
    ],
    [
      ['--fit', '0:200', '--validate', '150:260', '--test', '260:300'],
      /validate rows 150:260 begin before row 200/,
    ],
    [[...rows, '--horizon', '41'], /40 test rows, 260:300, are fewer than the horizon of 41 steps/],
    [
      [...rows, '--horizon', '300', '--mode', 'cold'],
      /horizon must be at most 256 in the mode cold, got 300/,
    ],
  ] as const) {
    it(`names what is impossible in '${args.join(' ')}'`, async () => {
      await writeTable(table, { rows: 310, names: ['x'] })
      const { code, err } = await finished('backtest', table, ...args, '--out', out)
      assert.equal(code, 1)
      assert.match(err, reason)
      assert.deepEqual(await readdir(folder), ['plant.csv'])
    })
  }
})
