import assert from 'node:assert/strict'
import { deviceLine, tableHeader, tableRow } from '../../src/cli/table.ts'
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
  model: 'gru',
  reason: '',
  skill: 0.346,
  device: 'cpu:wasm',
  deviceReason: 'asked for',
  counts,
}
const cells = (line: string): string[] => line.split(/ {2,}/)

describe('table of forecasts', () => {
  it('has a cell under each title', () => {
    const line = tableRow({ source: 0, key: 'plant/a', forecast })
    assert.deepEqual(cells(line), [
      'plant/a',
      '21.2',
      '21.5 [20.5, 22.5]',
      '+2: 22.3 [20.0, 24.5]',
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
    assert.deepEqual(cells(tableRow({ source: 0, key: 'a', forecast: young })).slice(4), [
      'gru',
      '90',
      'cpu:wasm',
    ])
  })

  it('has no minus before zero', () => {
    const shore = { ...forecast, mean: [-0.01], lower: [-1], upper: [1] }
    assert.equal(cells(tableRow({ source: 0, key: 'a', forecast: shore }))[2], '0.0 [-1.0, 1.0]')
    const even = { ...forecast, skill: -0.004 }
    assert.equal(cells(tableRow({ source: 0, key: 'a', forecast: even }))[5], '0.00')
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
})
