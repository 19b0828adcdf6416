import type { BacktestOptions, BacktestReport } from '../forecast/backtest/types.ts'
import { columns } from './columns.ts'
import { duration } from './progress.ts'
import { percent, scoreTable, shownNumber } from './scores.ts'

/** Columns whose own figures are shown; of more, only how the worst does. */
const SHOWN = 20
/** A difference below it is none. */
const SAME = 0.005

/** What the terminal shows of a backtest. */
export function backtestLines(
  report: BacktestReport,
  { horizon, mode }: Pick<BacktestOptions, 'horizon' | 'mode'>,
): string[] {
  const { origins, forecast, naive, seasonalNaive, coverage, season, steps, ratios } = report
  return [
    `${origins} forecasts of ${horizon} rows for ${ratios.length} column${ratios.length === 1 ? '' : 's'}, ${mode}`,
    '',
    ...indented(
      scoreTable([
        { name: 'forecast', score: forecast, coverage },
        { name: 'naive', score: naive },
        { name: season > 0 ? `seasonal naive, ${season} rows` : 'seasonal naive', score: seasonalNaive },
      ]),
    ),
    '',
    ...stepLines(steps),
    '',
    ...columnLines(ratios),
    '',
    sentenceOf(report),
    costOf(report),
  ]
}

function stepLines(steps: BacktestReport['steps']): string[] {
  const rows = steps.map(({ step, mse, naiveMse, meanMse, coverage, winkler }) => [
    `${step}`,
    ...[mse, naiveMse, meanMse].map(shownNumber),
    percent(coverage),
    shownNumber(winkler),
  ])
  return indented(columns([['step', 'MSE', 'naive', 'MSE from step 1 on', 'coverage', 'Winkler'], ...rows]))
}

function columnLines(ratios: BacktestReport['ratios']): string[] {
  const sorted = ratios.toSorted((a, b) => b.mse / b.naiveMse - a.mse / a.naiveMse)
  const all = ratios.length <= SHOWN
  const rows = (all ? ratios : sorted.slice(0, SHOWN)).map(({ name, mse, naiveMse }) => [
    name,
    shownNumber(mse),
    shownNumber(naiveMse),
    shownNumber(mse / naiveMse),
  ])
  return [
    ...indented(columns([['column', 'MSE', 'naive', 'ratio'], ...rows])),
    ...(all
      ? []
      : [`  the ${SHOWN} of ${ratios.length} columns with the largest ratio; all are in meta.json`]),
  ]
}

/** How good it is, in words. */
export function sentenceOf({ forecast, naive, seasonalNaive }: BacktestReport): string {
  const rivals = [
    { name: 'naive', mae: naive.mae },
    { name: 'seasonal naive', mae: seasonalNaive.mae },
  ].filter(({ mae }) => Number.isFinite(mae))
  if (rivals.length === 0 || !Number.isFinite(forecast.mae))
    return 'Nothing was measured that a forecast could be held against.'
  const best = rivals.reduce((a, b) => (b.mae < a.mae ? b : a))
  const skill = best.mae > 0 ? 1 - forecast.mae / best.mae : forecast.mae > 0 ? Number.NEGATIVE_INFINITY : 0
  const other = `${best.name}, the better of the two simple forecasts`
  if (Math.abs(skill) < SAME) return `The forecasts are as good as ${other}.`
  if (skill === Number.NEGATIVE_INFINITY)
    return `The forecasts are worse than ${other}, which makes no errors here.`
  return `The forecasts are ${Math.round(100 * Math.abs(skill))} % ${skill > 0 ? 'better' : 'worse'} than ${other}, by mean absolute error.`
}

function costOf({ parameters, fits, fitSeconds, stepSeconds, device, deviceReason }: BacktestReport): string {
  const learned = `${parameters} weights, ${fits} fit${fits === 1 ? '' : 's'} in ${duration(fitSeconds)}`
  return `${learned}; forecasts in ${duration(stepSeconds)} on ${device} (${deviceReason})`
}

const indented = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`)
