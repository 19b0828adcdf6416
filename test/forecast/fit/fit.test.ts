import assert from 'node:assert/strict'
import { fit as fitTo } from '../../../src/forecast/fit/fit.ts'
import type { FitHistoryCheckpoint, FitHistoryProgress, FitOptions } from '../../../src/forecast/fit/types.ts'
import type { Column } from '../../../src/table/types.ts'
import { changedFrom, DAY, days, without } from '../backtest/tables.ts'

const SMALL: FitOptions = { horizon: 6, hiddenSize: 8, segment: DAY, season: DAY, epochs: 4 }
const ROWS = 500

const shorter = ({ name, values }: Column, rows: number): Column => ({
  name,
  values: values.slice(values.length - rows),
})

describe('fit', () => {
  const { columns } = days(ROWS)

  it('gives a model of all columns, and what it is worth on rows that it had not seen', async () => {
    const { model, metrics, parameters, epochs, seconds } = await fitTo(columns, { ...SMALL, epochs: 12 })
    assert.deepEqual(
      model.channels.map(({ key, season }) => [key, season]),
      [
        ['c0', DAY],
        ['c1', DAY],
      ],
    )
    assert.equal(model.spec.horizon, 6)
    assert.equal(parameters, model.weights.length)
    assert.ok(epochs >= 2 && epochs <= 12 + 6 && seconds > 0)
    assert.ok(metrics)
    assert.equal(metrics.rows, 100)
    assert.equal(metrics.horizon, 6)
    const { gru, naive, seasonalNaive, ridge } = metrics
    assert.ok(gru.mae < naive.mae && gru.mae < seasonalNaive.mae, `${gru.mae}`)
    assert.ok(ridge.mae < seasonalNaive.mae)
    assert.ok(
      [gru, naive, seasonalNaive, ridge].every(({ mse, mae, mase }) => mse > 0 && mae > 0 && mase > 0),
    )
    assert.equal(metrics.skill, 1 - gru.mae / naive.mae)
    assert.match(metrics.sentence, /on the last 20 % of your data$/)
  })

  it('measures on rows that taught nothing, then goes on with them', async () => {
    const last: FitHistoryCheckpoint[] = []
    const options = { ...SMALL, onCheckpoint: (one: FitHistoryCheckpoint) => last.push(one) }
    const first = await fitTo(columns, options)
    const measured = last.find(({ stage }) => stage === 'finishing')?.measured
    last.length = 0
    const changed = await fitTo(changedFrom(days(ROWS), 400).columns, options)
    const again = last.find(({ stage }) => stage === 'finishing')?.measured
    assert.ok(measured && again)
    assert.deepEqual(again.model, measured.model)
    assert.notDeepEqual(again.metrics.gru, measured.metrics.gru)
    assert.deepEqual(first.metrics, measured.metrics)
    assert.equal(first.epochs > measured.epochs, true)
    assert.notDeepEqual(changed.model.weights, first.model.weights)
  })

  it('is bit for bit the same for one seed, and goes on from any checkpoint as if never stopped', async () => {
    const checkpoints: FitHistoryCheckpoint[] = []
    const whole = await fitTo(columns, { ...SMALL, onCheckpoint: (one) => checkpoints.push(one) })
    assert.deepEqual((await fitTo(columns, SMALL)).model, whole.model)
    assert.deepEqual([...new Set(checkpoints.map(({ stage }) => stage))], ['measuring', 'finishing'])
    assert.ok(checkpoints.some((one) => one.stage === 'finishing' && one.fit === null))
    assert.ok(checkpoints.some((one) => one.stage === 'finishing' && one.fit !== null))
    for (const checkpoint of checkpoints) {
      const resumed = await fitTo(columns, { ...SMALL, checkpoint: structuredClone(checkpoint) })
      assert.deepEqual(resumed.model, whole.model)
      assert.deepEqual(resumed.metrics, whole.metrics)
      assert.equal(resumed.epochs, whole.epochs)
    }
  })

  it('tells its progress over both stages', async () => {
    const told: FitHistoryProgress[] = []
    await fitTo(columns, { ...SMALL, onProgress: (one) => told.push(one) })
    assert.ok(told.length > 0)
    for (const [i, one] of told.entries()) {
      assert.ok(one.share >= (told[i - 1]?.share ?? 0) && one.share <= 1)
      assert.ok(one.secondsLeft >= 0 && one.secondsLeft <= 600)
      assert.ok(one.update <= one.maxUpdates && one.epoch <= one.epochs)
    }
    assert.equal(told.at(-1)?.stage, 'finishing')
  })

  it('needs no tail to fit a short history', async () => {
    for (const rows of [9, 20, 35]) {
      const { model, metrics } = await fitTo(
        columns.map((column) => shorter(column, rows)),
        { ...SMALL, segment: undefined, season: undefined },
      )
      assert.equal(metrics, null)
      assert.equal(model.channels.length, 2)
    }
    const stages = new Set<string>()
    await fitTo(
      columns.map((column) => shorter(column, 35)),
      { ...SMALL, onCheckpoint: ({ stage }) => stages.add(stage) },
    )
    assert.deepEqual([...stages], ['finishing'])
  })

  it('takes columns of different lengths, and measures those that are long enough', async () => {
    const [first, second] = columns
    const late = without(days(ROWS, 3), (row) => row < 450).columns[2]
    const { model, metrics } = await fitTo([first, shorter(second, 300), late], SMALL)
    assert.deepEqual(
      model.channels.map(({ key }) => key),
      ['c0', 'c1', 'c2'],
    )
    assert.equal(metrics?.rows, 100)
    assert.ok(metrics.naive.mae > 0)
    await assert.rejects(fitTo([first, shorter(second, 300)], { ...SMALL, table: true }), {
      name: 'RangeError',
      message: 'columns of one table are equally long: "c0" has 500 rows, "c1" 300',
    })
  })

  it('lives with gaps, constants and nothing new in the tail', async () => {
    const constant = { name: 'still', values: new Float64Array(ROWS).fill(3) }
    const gaps = without(days(ROWS), (row, c) => row % 3 === c || (row > 200 && row < 260)).columns
    const mixed = await fitTo([constant, ...gaps], SMALL)
    assert.ok(mixed.model.weights.every(Number.isFinite))
    assert.ok(Number.isFinite(mixed.metrics?.gru.mse))
    const still = await fitTo([constant], SMALL)
    assert.equal(still.metrics?.naive.mae, 0)
    assert.ok(still.metrics && /naive/.test(still.metrics.sentence))
    const over = without(days(ROWS), (row) => row > 390).columns
    const silent = await fitTo(over, SMALL)
    assert.equal(silent.metrics?.sentence, 'nothing was observed on the last 20 % of your data')
  })

  it('goes on from a model, and keeps to the seconds that it is given', async () => {
    const before = await fitTo(columns, SMALL)
    const after = await fitTo(columns, { ...SMALL, start: before.model, maxSeconds: 1e-3 })
    assert.ok(after.epochs <= before.epochs)
    assert.deepEqual(after.model.spec, before.model.spec)
  })

  it('ends at once when it is aborted, in either stage', async () => {
    const reason = new Error('no longer wanted')
    await assert.rejects(fitTo(columns, { ...SMALL, signal: AbortSignal.abort(reason) }), reason)
    for (const stage of ['measuring', 'finishing']) {
      const aborting = new AbortController()
      const fitting = fitTo(columns, {
        ...SMALL,
        signal: aborting.signal,
        onCheckpoint: (one) => {
          if (one.stage === stage) aborting.abort(reason)
        },
      })
      await assert.rejects(fitting, reason)
    }
  })

  it('leaves its columns as they are, and leaves turns to others', async () => {
    const kept = structuredClone(columns)
    let turns = 0
    let over = false
    const count = (): void => {
      turns++
      if (!over) setImmediate(count)
    }
    count()
    await fitTo(columns, SMALL)
    over = true
    assert.ok(turns > 10)
    assert.deepEqual(columns, kept)
  })

  it('names what it cannot use', async () => {
    const refuse = async (of: readonly Column[], options: FitOptions, message: RegExp) =>
      assert.rejects(fitTo(of, { ...SMALL, ...options }), { message })
    await refuse([], {}, /^there are no columns$/)
    await refuse(columns, { horizon: 1025 }, /horizon must be a whole number from 1 to 1024, got 1025/)
    await refuse(columns, { epochs: 0 }, /epochs .* got 0/)
    await refuse(columns, { segment: 1 }, /segment .* got 1/)
    await refuse(columns, { season: 1.5 }, /season .* got 1.5/)
    await refuse(columns, { scale: 'log' as 'auto' }, /scale must be auto, fixed or running, got "log"/)
    await refuse(columns, { maxSeconds: 0 }, /maxSeconds must be a number above 0, got 0/)
    await refuse(
      columns.map((column) => shorter(column, 7)),
      {},
      /7 rows are too few to learn 6 steps ahead: at least 8/,
    )
    await refuse(
      [{ name: 'x', values: new Float64Array(50).fill(Number.NaN) }],
      {},
      /column "x" has no value/,
    )
    await refuse([columns[0], columns[0]], {}, /two columns are named "c0"/)
  })
})
