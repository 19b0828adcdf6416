import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

interface Profile {
  readonly falseAlarm: number
  readonly missed: number
}
type Window = readonly [number, number]
interface Flagged {
  readonly flags: Uint8Array
  readonly windows: readonly Window[]
}
interface Nab {
  readonly profiles: {
    readonly standard: Profile
    readonly fewFalseAlarms: Profile
    readonly fewMissed: Profile
  }
  probationOf(rows: number): number
  scoreFile(flags: Uint8Array, windows: readonly Window[], profile: Profile): number
  scoreAll(files: readonly Flagged[], profile: Profile): number
  readNab(folder: string): { name: string; times: number[]; values: Float64Array; windows: Window[] }[]
}

const { profiles, probationOf, scoreFile, scoreAll, readNab }: Nab = await import(
  new URL('../../../bench/lib/nab.mjs', import.meta.url).href
)
const { standard, fewFalseAlarms, fewMissed } = profiles

/** 100 rows, of which the first 15 do not count, with alarms in these. */
const alarms = (...rows: number[]): Uint8Array => {
  const flags = new Uint8Array(100)
  for (const row of rows) flags[row] = 1
  return flags
}
const close = (a: number, b: number): void => assert.ok(Math.abs(a - b) < 1e-12, `${a} is not ${b}`)

describe('the score of NAB', () => {
  const windows: Window[] = [
    [20, 29],
    [60, 69],
  ]

  it('is 1 for an alarm in the first row of a window, less for a later one, −1 for none', () => {
    close(scoreFile(alarms(20, 60), windows, standard), 2)
    close(scoreFile(alarms(20), windows, standard), 0)
    close(scoreFile(alarms(20), windows, fewMissed), -1)
    // In the middle σ(−0.5)/σ(−1), in the last row σ(−0.1)/σ(−1), with σ(y) = 2/(1 + e^5y) − 1 = −tanh(2.5 y).
    close(scoreFile(alarms(20, 65), windows, standard), 1 + Math.tanh(1.25) / Math.tanh(2.5))
    close(scoreFile(alarms(20, 69), windows, standard), 1 + Math.tanh(0.25) / Math.tanh(2.5))
  })

  it('counts the first alarm of a window alone', () => {
    close(scoreFile(alarms(22, 25, 29, 60), windows, standard), 1 + Math.tanh(2) / Math.tanh(2.5))
  })

  it('takes off for alarms outside, the more the further they lie behind a window', () => {
    close(scoreFile(alarms(17, 20, 60), windows, standard), 2 - 0.11)
    close(scoreFile(alarms(17, 20, 60), windows, fewFalseAlarms), 2 - 0.22)
    // 3 of 9 rows behind the first window, 30 of 9 behind the second.
    close(scoreFile(alarms(20, 32, 60), windows, standard), 2 - 0.11 * Math.tanh(2.5 / 3))
    close(scoreFile(alarms(20, 60, 99), windows, standard), 2 - 0.11)
    close(scoreFile(alarms(30, 31), [], standard), -0.22)
  })

  it('does not count the first 15 % of the rows, at most 750', () => {
    assert.equal(probationOf(100), 15)
    assert.equal(probationOf(1882), 282)
    assert.equal(probationOf(22_695), 750)
    close(scoreFile(alarms(0, 14), [], standard), 0)
    close(scoreFile(alarms(15), [], standard), -0.11)
  })

  it('is 0 for no alarms at all and 100 for perfect ones, over all files', () => {
    const none = [
      { flags: alarms(), windows },
      { flags: alarms(), windows: [] },
    ]
    const perfect = [
      { flags: alarms(20, 60), windows },
      { flags: alarms(), windows: [] },
    ]
    for (const profile of Object.values(profiles)) {
      close(scoreAll(none, profile), 0)
      close(scoreAll(perfect, profile), 100)
    }
    // One of two windows found at once, one alarm far from it: (1 − 1 − 0.11 + 2) of 4.
    close(
      scoreAll(
        [
          { flags: alarms(20), windows },
          { flags: alarms(50), windows: [] },
        ],
        standard,
      ),
      47.25,
    )
  })
})

describe('the files of NAB', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gruflow-nab-'))
    mkdirSync(join(folder, 'some'))
    const windows = [['2014-04-01 00:05:00.000000', '2014-04-01 00:15:00.000000']]
    writeFileSync(
      join(folder, 'combined_windows.json'),
      JSON.stringify({ 'some/b.csv': [], 'some/a.csv': windows }),
    )
    writeFileSync(
      join(folder, 'some/a.csv'),
      'timestamp,value\n2014-04-01 00:00:00,1\n2014-04-01 00:05:00,2.5\n2014-04-01 00:10:00,-3\n2014-04-01 00:20:00,1e3\n',
    )
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('are read as they are or packed, with windows as rows', () => {
    writeFileSync(join(folder, 'some/b.csv.gz'), gzipSync('timestamp,value\r\n2014-04-01 00:00:00,7\r\n'))
    const [a, b] = readNab(folder)
    assert.equal(a.name, 'some/a.csv')
    assert.deepEqual([...a.values], [1, 2.5, -3, 1000])
    assert.equal(a.times[1] - a.times[0], 300_000)
    assert.deepEqual(a.windows, [[1, 2]])
    assert.deepEqual([...b.values], [7])
  })

  it('are refused where a cell is no number, or no file is there', () => {
    assert.throws(() => readNab(folder), /b\.csv\.gz/)
    writeFileSync(join(folder, 'some/b.csv'), 'timestamp,value\n2014-04-01 00:00:00,\n')
    assert.throws(() => readNab(folder), /b\.csv, row 0: '2014-04-01 00:00:00,' is no time and number/)
  })
})
