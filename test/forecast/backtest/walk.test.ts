import assert from 'node:assert/strict'
import { fillColumn } from '../../../src/forecast/backtest/columns.ts'
import { createPace } from '../../../src/forecast/backtest/pace.ts'
import { type Step, walk } from '../../../src/forecast/backtest/walk.ts'
import { createGruExpert, type GruStream, startPlace } from '../../../src/forecast/experts/gru.ts'
import { openPool } from '../../../src/forecast/experts/pool.ts'
import { append, createHistory } from '../../../src/forecast/history.ts'
import { startSpread } from '../../../src/forecast/spread.ts'
import type { ScaleKind, SegmentModel } from '../../../src/learn/segment/types.ts'
import { outputOf, randomModel } from '../fitted.ts'
import { days, without } from './tables.ts'

const ROWS = 400
const WASM = { device: 'wasm', synchronous: 'asked for', onDevice: () => {} } as const

/** The forecasts of the live expert, reading by reading. */
function stepped(model: SegmentModel, key: string, values: Float64Array): Omit<Step, 'origin'>[] {
  const expert = createGruExpert(model, 1, {
    open: (gru, lanes) => openPool(gru, lanes, WASM),
    streams: 1,
    growth: 1,
    season: 0,
  })
  const stream = {
    key,
    history: createHistory(ROWS),
    spread: startSpread(),
    sinceRestart: 0,
  } satisfies GruStream
  const place = startPlace(0)
  const out = outputOf(model.spec.horizon)
  return Array.from(values, (value) => {
    append(stream.history, value, true)
    stream.sinceRestart++
    expert.step(stream, place, out)
    const { changes, below, above } = out
    return {
      mean: Float64Array.from(changes, (change) => value + change),
      below: Float64Array.from(below),
      above: Float64Array.from(above),
    }
  })
}

/** What a step says of one column. */
function columnOf(
  { mean, below, above }: Omit<Step, 'origin'>,
  c: number,
  horizon: number,
): Omit<Step, 'origin'> {
  const part = (all: Float64Array): Float64Array => all.slice(c * horizon, (c + 1) * horizon)
  return { mean: part(mean), below: part(below), above: part(above) }
}

async function walked(
  model: SegmentModel,
  values: readonly Float64Array[],
  wanted: (row: number) => boolean = () => true,
): Promise<Step[]> {
  const steps: Step[] = []
  await walk(
    model,
    values.map((one, c) => fillColumn({ name: `c${c}`, values: one }, { from: 0, to: one.length })),
    {
      wanted,
      last: values[0].length - 1,
      device: 'wasm',
      pace: createPace(),
      meter: () => {},
      emit: ({ origin, mean, below, above }) => {
        steps.push({ origin, mean: mean.slice(), below: below.slice(), above: above.slice() })
      },
    },
  )
  return steps
}

describe('a walk through a table', () => {
  const keys = ['c0', 'c1', 'c2']
  const table = days(ROWS, 3)

  for (const scale of ['fixed', 'running'] satisfies ScaleKind[]) {
    for (const segment of [4, 7, 24]) {
      it(`is bit for bit what stepping reading by reading gives: ${scale} scale, segments of ${segment}`, async () => {
        const horizon = 10
        const model = randomModel({ segment, horizon, scale, hiddenSize: 16 }, keys)
        const values = table.columns.map((column) => column.values)
        const steps = await walked(model, values)
        assert.deepEqual(
          steps.map(({ origin }) => origin),
          Array.from({ length: ROWS }, (_, t) => t),
        )
        for (const [c, key] of keys.entries()) {
          const live = stepped(model, key, values[c])
          for (const { origin, ...all } of steps) assert.deepEqual(columnOf(all, c, horizon), live[origin])
        }
      })
    }
  }

  it('gives the same where chunks are smaller than a row, and where few forecasts are wanted', async () => {
    // 64 blocks of 128 units: 8 readings fill a chunk, fewer than there are columns.
    const names = Array.from({ length: 11 }, (_, c) => `c${c}`)
    const model = randomModel({ segment: 2, horizon: 128, hiddenSize: 128 }, names)
    const values = days(20, 11).columns.map((column) => column.values)
    const all = await walked(model, values)
    for (const c of [0, 7, 8, 10]) {
      const live = stepped(model, `c${c}`, values[c])
      for (const { origin, ...one } of all) assert.deepEqual(columnOf(one, c, 128), live[origin])
    }
    const some = await walked(model, values, (row) => row % 7 === 5)
    assert.deepEqual(
      some,
      all.filter(({ origin }) => origin % 7 === 5),
    )
  })

  it('reads nothing after a row, nor what stands in for a gap', async () => {
    const model = randomModel({ hiddenSize: 16 }, ['c0'])
    const whole = table.columns[0].values
    const gaps = without(table, (row) => row % 9 === 4).columns[0].values
    for (const values of [whole, gaps]) {
      const before = await walked(model, [values])
      const after = await walked(model, [values.map((v, t) => (t > 150 ? 1000 - v : v))])
      assert.deepEqual(after.slice(0, 151), before.slice(0, 151))
      assert.notDeepEqual(after[151], before[151])
    }
  })

  it('has sides above 0, and finite numbers whatever is in the column', async () => {
    const model = randomModel({}, ['c0'])
    const wild = Float64Array.from({ length: 60 }, (_, t) => (t % 7 === 3 ? 1e30 : t % 5 === 0 ? -9999 : 0))
    for (const values of [wild, new Float64Array(60), new Float64Array(60).fill(Number.NaN)]) {
      for (const { mean, below, above } of await walked(model, [values])) {
        assert.ok(mean.every(Number.isFinite))
        assert.ok([...below, ...above].every((v) => Number.isFinite(v) && v > 0))
      }
    }
  })
})
