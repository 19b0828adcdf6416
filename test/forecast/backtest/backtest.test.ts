import assert from 'node:assert/strict'
import { backtest } from '../../../src/forecast/backtest/backtest.ts'
import { seasonalNaive } from '../../../src/forecast/backtest/baselines.ts'
import type {
  BacktestMode,
  BacktestOptions,
  BacktestProgress,
  BacktestReport,
  OriginForecasts,
} from '../../../src/forecast/backtest/types.ts'
import type { Table } from '../../../src/table/types.ts'
import { changedFrom, DAY, days, without } from './tables.ts'

const MODES = ['frozen', 'stream', 'cold'] satisfies BacktestMode[]
const HORIZON = 6
const SMALL = {
  horizon: HORIZON,
  fit: { from: 0, to: 300 },
  validate: { from: 300, to: 400 },
  test: { from: 400, to: 460 },
  hiddenSize: 8,
  segment: DAY,
  season: DAY,
}

async function run(
  table: Table,
  options: Partial<BacktestOptions>,
): Promise<{ report: BacktestReport; issued: OriginForecasts[] }> {
  const issued: OriginForecasts[] = []
  const report = await backtest(table, { ...SMALL, mode: 'frozen', ...options }, (one) => {
    issued.push({
      origin: one.origin,
      mean: one.mean.slice(),
      lower: one.lower.slice(),
      upper: one.upper.slice(),
    })
  })
  return { report, issued }
}

describe('a backtest', () => {
  const table = days(460)

  for (const mode of MODES) {
    it(`issues at every origin what nothing after it can change: ${mode}`, async () => {
      const { report, issued } = await run(table, { mode })
      assert.deepEqual(
        issued.map(({ origin }) => origin),
        Array.from({ length: 55 }, (_, i) => 399 + i),
      )
      assert.equal(report.origins, 55)
      assert.equal(report.values, 55 * 2 * HORIZON)
      // From the first test row on anything may change.
      for (const last of [399, 430]) {
        const changed = await run(changedFrom(table, last + 1), { mode })
        const known = issued.filter(({ origin }) => origin <= last)
        assert.deepEqual(changed.issued.slice(0, known.length), known)
        assert.notDeepEqual(changed.issued[known.length], issued[known.length])
      }
    })

    it(`gives the same forecasts again for one seed: ${mode}`, async () => {
      const [first, again] = [await run(table, { mode }), await run(table, { mode })]
      assert.deepEqual(again.issued, first.issued)
      assert.equal(again.report.forecast.mse, first.report.forecast.mse)
      const other = await run(table, { mode, seed: 2 })
      if (mode === 'frozen') assert.notDeepEqual(other.issued, first.issued)
    })

    it(`goes on over gaps, with finite forecasts inside their intervals: ${mode}`, async () => {
      const gaps = without(
        days(460, 3),
        (row, c) =>
          (row * (c + 2)) % 7 === 1 || (c === 1 && row > 310 && row < 370) || (c === 2 && row > 404),
      )
      const { report, issued } = await run(gaps, { mode })
      for (const { mean, lower, upper } of issued) {
        for (const [i, v] of mean.entries()) {
          assert.ok(Number.isFinite(v) && Number.isFinite(lower[i]) && Number.isFinite(upper[i]))
          assert.ok(lower[i] <= v && v <= upper[i])
        }
      }
      const truths = gaps.columns.map(({ values }) =>
        issued.reduce(
          (sum, { origin }) =>
            sum + values.subarray(origin + 1, origin + 1 + HORIZON).filter((v) => !Number.isNaN(v)).length,
          0,
        ),
      )
      assert.equal(
        report.values,
        truths.reduce((sum, n) => sum + n),
      )
      assert.ok(report.ratios.every(({ naiveMse }) => naiveMse > 0))
    })
  }

  it('is as bit for bit the same whatever comes after the test rows', async () => {
    const longer = days(600)
    assert.deepEqual((await run(longer, {})).issued, (await run(changedFrom(longer, 460), {})).issued)
  })

  it('scores what it issued and the simple methods on the same values', async () => {
    const { report, issued } = await run(table, {})
    const seasonal = seasonalNaive(DAY)
    const mean = new Float64Array(HORIZON)
    const sums = { forecast: 0, naive: 0, seasonal: 0, inside: 0, winkler: 0, first: 0, last: 0 }
    for (const [c, { values }] of table.columns.entries()) {
      const fit = values.subarray(0, 300)
      const average = fit.reduce((sum, v) => sum + v) / 300
      const variance = fit.reduce((sum, v) => sum + (v - average) ** 2, 0) / 300
      for (const one of issued) {
        seasonal.forecast(values, one.origin, mean)
        for (let h = 0; h < HORIZON; h++) {
          const truth = values[one.origin + 1 + h]
          const at = c * HORIZON + h
          sums.forecast += (truth - one.mean[at]) ** 2 / variance
          sums.naive += (truth - values[one.origin]) ** 2 / variance
          sums.seasonal += (truth - mean[h]) ** 2 / variance
          if (h === 0) sums.first += (truth - one.mean[at]) ** 2 / variance
          if (h === HORIZON - 1) sums.last += (truth - values[one.origin]) ** 2 / variance
          if (truth >= one.lower[at] && truth <= one.upper[at]) sums.inside++
          const outside = Math.max(one.lower[at] - truth, truth - one.upper[at], 0)
          sums.winkler += (one.upper[at] - one.lower[at] + 20 * outside) / Math.sqrt(variance)
        }
      }
    }
    const close = (a: number, b: number): void => assert.ok(Math.abs(a - b) < 1e-5, `${a} is not ${b}`)
    close(report.forecast.mse, sums.forecast / report.values)
    close(report.naive.mse, sums.naive / report.values)
    close(report.seasonalNaive.mse, sums.seasonal / report.values)
    close(report.coverage, sums.inside / report.values)
    close(report.winkler, sums.winkler / report.values)
    const [first, last] = report.steps
    assert.deepEqual([report.steps.length, first.step, last.step], [2, 1, HORIZON])
    close(first.mse, sums.first / (report.values / HORIZON))
    close(first.meanMse, first.mse)
    close(last.naiveMse, sums.last / (report.values / HORIZON))
    close(last.meanMse, report.forecast.mse)
    assert.deepEqual(
      report.ratios.map(({ name }) => name),
      ['c0', 'c1'],
    )
    assert.equal(report.season, DAY)
    assert.equal(report.fits, 1)
    assert.equal(report.model?.spec.hiddenSize, 8)
    assert.ok(report.parameters > 0 && report.fitSeconds > 0 && report.stepSeconds > 0)
    assert.match(report.device, /^cpu:wasm/)
  })

  it('learns a daily wave: better than both simple methods, its intervals near their coverage', async () => {
    const long = days(1400)
    const rows = {
      fit: { from: 0, to: 900 },
      validate: { from: 900, to: 1100 },
      test: { from: 1100, to: 1400 },
    }
    const { report } = await run(long, { ...rows, hiddenSize: 16, segment: undefined, season: undefined })
    assert.equal(report.season, DAY)
    assert.ok(report.forecast.mse < 0.9 * report.seasonalNaive.mse, `${report.forecast.mse}`)
    assert.ok(report.forecast.mse < report.naive.mse)
    assert.ok(Math.abs(report.coverage - 0.9) < 0.06, `${report.coverage}`)
  })

  it('in the mode stream fits once and learns on in small steps', async () => {
    const { report } = await run(days(1100), {
      mode: 'stream',
      validate: { from: 300, to: 1020 },
      test: { from: 1020, to: 1060 },
    })
    assert.equal(report.fits, 1)
    assert.ok(report.model !== null)
  })

  it('in the mode cold begins with nothing: first with the last value, then never far from its errors', async () => {
    const { report, issued } = await run(table, {
      mode: 'cold',
      validate: { from: 300, to: 302 },
      test: { from: 302, to: 330 },
    })
    assert.equal(report.model, null)
    assert.equal(report.fits, 0)
    assert.equal(report.parameters, 0)
    const [{ origin, mean }] = issued
    for (const [c, { values }] of table.columns.entries()) {
      assert.ok(mean.subarray(c * HORIZON, (c + 1) * HORIZON).every((v) => v === Math.fround(values[origin])))
    }
    assert.ok(report.forecast.mse <= 1.02 * report.naive.mse, `${report.forecast.mse}`)
  })

  for (const mode of ['stream', 'cold'] as const) {
    it(`learns live with the season and the scale that it is given: ${mode}`, async () => {
      const longer = days(700)
      const test = { from: 400, to: 700 }
      const usual = await run(longer, { mode, test, scale: 'running' })
      const fixed = await run(longer, { mode, test, scale: 'fixed' })
      assert.notDeepEqual(fixed.issued.at(-1), usual.issued.at(-1))
      const none = await run(longer, { mode, test, season: 0, scale: 'running' })
      const two = await run(longer, { mode, test, season: 2 * DAY, scale: 'running' })
      assert.equal(none.report.season, 0)
      assert.notDeepEqual(none.issued.at(-1), two.issued.at(-1))
    })
  }

  it('in the mode stream goes on over a row without a reading with what it forecast before', async () => {
    const gaps = without(table, (row) => row === 430)
    const { issued } = await run(gaps, { mode: 'stream' })
    const [before, at] = [429, 430].map((row) => issued.find(({ origin }) => origin === row)!)
    assert.deepEqual(at.mean.subarray(0, HORIZON - 1), before.mean.subarray(1, HORIZON))
  })

  it('drives 512 columns live', async () => {
    const wide = days(60, 512)
    const { report, issued } = await run(wide, {
      mode: 'cold',
      horizon: 2,
      fit: { from: 0, to: 20 },
      validate: { from: 20, to: 40 },
      test: { from: 40, to: 60 },
    })
    assert.equal(report.origins, 19)
    assert.equal(issued[0].mean.length, 1024)
    // At the first row nothing has changed yet that a width could be made of.
    assert.ok(issued.slice(1).every(({ lower, upper }) => lower.every((v, i) => v < upper[i])))
  })

  it('in the mode cold knows nothing of what came before the test rows but the last reading', async () => {
    const columns = table.columns.map(({ name, values }) => ({
      name,
      values: values.map((v, t) => (t < 399 ? 100 * Math.cos(t) - v : v)),
    }))
    const [first, other] = [
      await run(table, { mode: 'cold' }),
      await run({ ...table, columns }, { mode: 'cold' }),
    ]
    assert.deepEqual(other.issued, first.issued)
  })

  it('tells its progress, waits for its sink, and ends when asked to', async () => {
    const told: BacktestProgress[] = []
    let waiting = 0
    await backtest(table, { ...SMALL, mode: 'frozen', onProgress: (one) => told.push(one) }, async () => {
      waiting++
      assert.equal(waiting, 1)
      await Promise.resolve()
      waiting--
    })
    assert.deepEqual([...new Set(told.map(({ stage }) => stage))], ['fitting', 'forecasting'])
    assert.ok(told.every(({ share, secondsLeft }) => share > 0 && share <= 1 && secondsLeft >= 0))
    assert.equal(told.at(-1)?.share, 1)
    const reason = new Error('no longer wanted')
    for (const mode of MODES) {
      const aborting = new AbortController()
      const forecasts = backtest(table, { ...SMALL, mode, signal: aborting.signal }, () =>
        aborting.abort(reason),
      )
      await assert.rejects(forecasts, reason)
    }
    const failing = run(table, {}).then(() =>
      backtest(table, { ...SMALL, mode: 'frozen' }, () => {
        throw reason
      }),
    )
    await assert.rejects(failing, reason)
  })

  it('names what it cannot do, and the value', async () => {
    const refuse = async (options: Partial<BacktestOptions>, message: RegExp, of: Table = table) =>
      assert.rejects(run(of, options), { name: /RangeError|TypeError/, message })
    await refuse({ horizon: 0 }, /^horizon must be a whole number from 1 to 1024, got 0$/)
    await refuse({ horizon: 257, mode: 'cold' }, /horizon must be at most 256 in the mode cold, got 257/)
    await refuse({ mode: 'warm' as BacktestMode }, /mode must be frozen, stream or cold, got "warm"/)
    await refuse({ coverage: 1 }, /coverage must lie between 0 and 1, got 1/)
    await refuse({ seed: -1 }, /seed .* got -1/)
    await refuse({ threads: 0 }, /threads .* got 0/)
    await refuse({ maxSeconds: Number.NaN }, /maxSeconds .* got NaN/)
    await refuse({ hiddenSize: 10 }, /hiddenSize must be a multiple of 4, got 10/)
    await refuse({ season: 3000, mode: 'stream' }, /season must be at most 2048 in the mode stream, got 3000/)
    await refuse({ fit: { from: -1, to: 300 } }, /fit rows -1:300 are not a range of the table's rows, 0:460/)
    await refuse({ test: { from: 400, to: 461 } }, /test rows 400:461 are not a range/)
    await refuse({ validate: { from: 299, to: 400 } }, /validate rows 299:400 begin before row 300/)
    await refuse({ test: { from: 455, to: 460 } }, /5 test rows, 455:460, are fewer than the horizon of 6/)
    await refuse({ fit: { from: 0, to: 7 } }, /7 fit rows, 0:7, are too few to learn 6 steps ahead/)
    await refuse({}, /there are no columns/, { ...table, columns: [] })
    const [first] = table.columns
    await refuse({}, /two columns are named "c0"/, { ...table, columns: [first, first] })
    await refuse(
      {},
      /column "c1" has no value in the fit rows, 0:300/,
      without(table, (t, c) => c === 1 && t < 300),
    )
    const infinite = { ...first, values: first.values.with(459, Number.POSITIVE_INFINITY) }
    await refuse({}, /values must lie within .*: column "c0" has Infinity in row 460, counted from 1$/, {
      ...table,
      columns: [infinite],
    })
  })
})
