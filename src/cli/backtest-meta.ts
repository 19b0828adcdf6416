import { availableParallelism } from 'node:os'
import type { CheckedBacktest } from '../forecast/backtest/check.ts'
import type { BacktestReport } from '../forecast/backtest/types.ts'
import type { Table } from '../table/types.ts'
import { BACKTEST_KIND } from './backtest-folder.ts'
import { packageVersion } from './package.ts'

/** A backtest as it was run. */
export interface BacktestRun {
  readonly file: string
  readonly table: Table
  /** With all defaults; null: chosen from the data. */
  readonly options: CheckedBacktest
  readonly report: BacktestReport
  readonly notes: readonly string[]
}

/** What meta.json says: everything that it takes to run the same again, and what came out. */
export function metaOf({ file, table, options, report, notes }: BacktestRun): Record<string, unknown> {
  const { model, forecast, naive, seasonalNaive, coverage, winkler, steps, ratios } = report
  const columns = table.columns.map(({ name }) => name)
  return {
    kind: BACKTEST_KIND,
    file,
    columns,
    shape: [report.origins, columns.length, options.horizon],
    values: report.values,
    rows: { all: table.rows, fit: options.fit, validate: options.validate, test: options.test },
    period: table.period,
    parameters: report.parameters,
    season: report.season,
    model: model && { ...model.spec, units: model.channels.map(({ unit }) => unit) },
    fits: report.fits,
    fitSeconds: report.fitSeconds,
    stepSeconds: report.stepSeconds,
    device: report.device,
    deviceReason: report.deviceReason,
    threads: options.threads,
    cores: availableParallelism(),
    versions: { gruflow: packageVersion(), node: process.version },
    platform: `${process.platform} ${process.arch}`,
    options,
    scores: {
      forecast,
      naive,
      seasonalNaive,
      coverage,
      winkler,
      steps,
      columns: ratios.map(({ name, mse, naiveMse }) => ({ name, mse, naiveMse, ratio: mse / naiveMse })),
    },
    notes,
  }
}
