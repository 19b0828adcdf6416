import assert from 'node:assert/strict'
import type { TopicState } from '../../src/cli/live-tally.ts'
import { width } from '../../src/cli/printable.ts'
import { clip, deviceLine, liveTable, trainingLine } from '../../src/cli/table.ts'
import type { Counts, Forecast, Outcome } from '../../src/forecast/types.ts'

const counts: Counts = {
  accepted: 90,
  duplicate: 0,
  extra: 0,
  late: 0,
  ahead: 0,
  invalid: 0,
  filled: 2,
  restarts: 0,
}
const forecast: Forecast = {
  key: 'plant/a',
  cutoff: 0,
  period: 1000,
  last: 21.23456,
  mean: [21.5, 22.25],
  lower: [20.5, 20],
  upper: [22.5, 24.5],
  coverage: 0.9,
  measuredCoverage: 0.912,
  intervals: [{ coverage: 0.9, measuredCoverage: 0.912, lower: [20.5, 20], upper: [22.5, 24.5] }],
  model: 'gru',
  reason: '',
  experts: [{ name: 'gru', share: 1 }],
  anomaly: null,
  skill: 0.346,
  device: 'cpu:wasm',
  deviceReason: 'asked for',
  counts,
}
const { header: tableHeader, row } = liveTable()
const stateOf = (outcome: Outcome<unknown>): TopicState => ({
  topic: outcome.key,
  outcome,
  alarms: 0,
  alarming: false,
  readings: 1,
})
const tableRow = (outcome: Outcome<unknown>): string => row(stateOf(outcome))
const cells = (line: string): string[] => line.split(/ {2,}/)

describe('table of forecasts', () => {
  it('has a cell under each title', () => {
    const line = tableRow({ source: 0, key: 'plant/a', forecast })
    assert.deepEqual(cells(line), [
      'plant/a',
      '21.2',
      '21.5 [20.5, 22.5]',
      '+2: 22.3 [20.0, 24.5]',
      '▁▃█',
      'gru',
      '0.35',
      '91 %',
      '90',
      'cpu:wasm',
    ])
    assert.equal(line.indexOf('gru'), tableHeader.indexOf('model'))
  })

  it('has as many places as the interval says something about', () => {
    const narrow = {
      ...forecast,
      last: 1016.6,
      mean: [1016.62, 5],
      lower: [1016.31, 9.5e-8],
      upper: [1016.93, 10],
    }
    assert.match(
      tableRow({ source: 0, key: 'a', forecast: narrow }),
      / 1016\.6 +1016\.6 \[1016\.3, 1016\.9\] +\+2: 5 \[0, 10\] /,
    )
  })

  it('shows nothing where nothing is known yet', () => {
    const young = { ...forecast, skill: null, measuredCoverage: null }
    assert.deepEqual(cells(tableRow({ source: 0, key: 'a', forecast: young })).slice(5), [
      'gru',
      '90',
      'cpu:wasm',
    ])
  })

  it('has no minus before zero', () => {
    const shore = { ...forecast, mean: [-0.01], lower: [-1], upper: [1] }
    assert.equal(cells(tableRow({ source: 0, key: 'a', forecast: shore }))[2], '0.0 [-1.0, 1.0]')
    const even = { ...forecast, skill: -0.004 }
    assert.equal(cells(tableRow({ source: 0, key: 'a', forecast: even }))[6], '0.00')
  })

  it('says what steps the GRU and why', () => {
    assert.equal(deviceLine(forecast), 'cpu:wasm: asked for')
  })

  it('says why there is no forecast', () => {
    const warming: Outcome<number> = {
      source: 0,
      key: 'plant/b',
      skipped: { reason: 'warming', message: '', progress: { have: 12, need: 64 } },
    }
    assert.deepEqual(cells(tableRow(warming)), ['plant/b', 'warming 12/64'])
    const late: Outcome<number> = { source: 0, key: 'plant/b', skipped: { reason: 'late', message: '' } }
    assert.deepEqual(cells(tableRow(late)), ['plant/b', 'late'])
  })

  it('counts alarms, and marks those of late', () => {
    const state = { ...stateOf({ source: 0, key: 'a', forecast }), alarms: 3 }
    assert.match(row(state), / gru +3 +0\.35 /)
    assert.match(row({ ...state, alarming: true }), / gru +3 ! +0\.35 /)
  })

  it('does without what tells least on a narrow terminal, and is never wider than it', () => {
    const outcome: Outcome<number> = { source: 0, key: 'plant/a', forecast }
    const narrow = liveTable(105)
    assert.match(narrow.header, /^topic +last +next +horizon +model/)
    assert.doesNotMatch(narrow.header, /device|readings|course/)
    for (let room = 1; room < 200; room++) {
      const { header, row } = liveTable(room)
      assert.ok(width(header) <= room && width(row(stateOf(outcome))) <= room, `${room} columns`)
    }
  })

  it('shows topics of any text in their column, the end of long ones', () => {
    const shown = (key: string): string => tableRow({ source: 0, key, forecast })
    assert.match(shown('evil/\u001b[2J\u202e'), /^evil\/\\u001b\[2J\\u202e +21\.2 /)
    assert.match(shown(`${'long/'.repeat(99)}temperature`), /^…ong\/long\/long\/long\/temperature 21\.2 /)
    const wide = shown('温度'.repeat(30_000))
    assert.equal(width(wide.slice(0, wide.indexOf('21.2'))), 32)
  })

  it('says what the model learns', () => {
    assert.equal(
      trainingLine({ state: 'waiting', have: 12, need: 96 }),
      'GRU: the first fit needs 96 steps of one topic, 12 are there',
    )
    assert.equal(trainingLine({ state: 'fitting', share: 0.456 }), 'GRU: fitting, 45 %')
    assert.equal(trainingLine({ state: 'fitted', fits: 3 }), 'GRU: fitted, version 3')
    assert.equal(
      trainingLine({ state: 'failed', error: new Error('\u001b[31mno') }),
      'GRU: the fit failed: \\u001b[31mno',
    )
  })

  it('cuts a line to a width', () => {
    assert.equal(clip('abc', 3), 'abc')
    assert.equal(clip('abcd', 3), 'ab…')
    assert.equal(clip('温度度', 4), '温…')
  })
})
