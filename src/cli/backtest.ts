import { basename } from 'node:path'
import { backtest as runBacktest } from '../forecast/backtest/backtest.ts'
import { checkBacktest } from '../forecast/backtest/check.ts'
import { originsOf } from '../forecast/backtest/rows.ts'
import type { BacktestMode, BacktestOptions } from '../forecast/backtest/types.ts'
import { createNewest } from './backtest-chart.ts'
import { checkFolder, openFolder } from './backtest-folder.ts'
import { metaOf } from './backtest-meta.ts'
import { chooseRows, defaultHorizon, HORIZON, withoutUnseen } from './backtest-rows.ts'
import { backtestLines } from './backtest-text.ts'
import { type Command, deviceOption, parseCommand, positional, UsageError } from './command.ts'
import { FIT_HELP, FIT_OPTIONS, fitChoices, wholeOption } from './fit-options.ts'
import { interruptible } from './interrupt.ts'
import { printable } from './printable.ts'
import { createProgress } from './progress.ts'
import { type Split, splitOptions } from './rows.ts'
import { type NotedTable, readGrid, readRows } from './table-file.ts'

const MODES: readonly BacktestMode[] = ['frozen', 'stream', 'cold']
const MAX_THREADS = 64

const HELP = `Usage: gruflow backtest FILE.csv[.gz] [options]

How good the forecasts would have been: learns from the first rows of a table, forecasts the last ones, each from what
was known until then, and compares with what came. Without the row options the first 60 % of the rows teach, the next
20 % choose and the last 20 % test, and the newest forecasts are drawn.

  --time <column>      when a row was read (default: found)
  --columns <names>    what to forecast, with commas between them; "a,b",c where a name has one
                       (default: all columns of numbers)
  --horizon <rows>     how far ahead, 1–1024 (default: ${HORIZON}, less for a short file)
  --fit <a:b>          rows to learn from, counted from 0, b not among them
  --validate <b:c>     rows to choose by
  --test <c:d>         rows to forecast
  --mode <name>        frozen: learns from the fit and validation rows only; stream: goes on learning row by row;
                       cold: begins with nothing (default: frozen)
  --coverage <share>   of values that intervals are meant to hold, between 0 and 1 (default: 0.9)
${FIT_HELP}
  --threads <number>   that learn (default: 1)
  --device <name>      what steps the GRU: wasm, gpu, or auto, whichever is faster (default: wasm)
  --out <folder>       for mean.npy, lower.npy, upper.npy [origins, columns, horizon], origins.npy and meta.json
                       (default: FILE-backtest)
  --chart              draws the newest forecasts also when there are row options: forecasts.svg
  --force              replaces files of that folder that are of no earlier backtest
`

const OPTIONS = {
  ...FIT_OPTIONS,
  fit: { type: 'string' },
  validate: { type: 'string' },
  test: { type: 'string' },
  mode: { type: 'string' },
  coverage: { type: 'string' },
  threads: { type: 'string' },
  device: { type: 'string' },
  out: { type: 'string' },
  chart: { type: 'boolean' },
  force: { type: 'boolean' },
} as const

/** `gruflow backtest`. */
export const backtest: Command = {
  help: HELP,
  async run(args) {
    const { values, positionals } = parseCommand(args, OPTIONS)
    const [file] = positional(positionals, 'FILE')
    const { time, columns, horizon, ...net } = fitChoices(values)
    const split = splitOptions(values)
    const task: Task = {
      file,
      horizon,
      split,
      choosesColumns: columns === undefined && split === undefined,
      options: {
        ...net,
        mode: modeOption(values.mode),
        coverage: coverageOption(values.coverage),
        threads: wholeOption('threads', values.threads, 1, MAX_THREADS) ?? 1,
        device: deviceOption(values.device) ?? 'wasm',
      },
      out: values.out ?? `${nameOf(file)}-backtest`,
      draws: values.chart || split === undefined,
    }
    await checkFolder(task.out, values.force ?? false)
    const read = await (split ? readRows : readGrid)(file, { time, columns })
    return interruptible((signal) => run(task, read, signal))
  },
}

interface Task {
  readonly file: string
  /** undefined: chosen by the length of the file, as are the rows. */
  readonly horizon: number | undefined
  readonly split: Split | undefined
  /** Whether nobody named any columns or rows. */
  readonly choosesColumns: boolean
  readonly options: Omit<BacktestOptions, 'horizon' | keyof Split> & { readonly coverage: number }
  readonly out: string
  readonly draws: boolean
}

async function run(task: Task, read: NotedTable, signal: AbortSignal): Promise<number> {
  const { file, out, horizon } = task
  const split = task.split ?? chooseRows(read.table.rows, horizon)
  const { table, notes } = task.choosesColumns ? withoutUnseen(read, split) : read
  const options = {
    ...task.options,
    ...split,
    horizon: horizon ?? defaultHorizon(table.rows),
  }
  const checked = checkBacktest(table, options)
  const origins = originsOf(options.test, options.horizon)
  const newest = createNewest(table, options)
  const progress = createProgress()
  const folder = await openFolder(out, [origins.to - origins.from, table.columns.length, options.horizon])
  try {
    const report = await runBacktest(
      table,
      { ...options, signal, onProgress: (step) => progress.show(step) },
      (forecasts) => {
        folder.append(forecasts)
        newest.keep(forecasts)
      },
    )
    signal.throwIfAborted()
    progress.end()
    const meta = metaOf({ file, table, options: checked, report, notes })
    await folder.finish(meta, task.draws ? newest.draw(`Forecasts of ${basename(file)}`) : undefined)
    for (const line of backtestLines(report, options)) console.log(line)
    for (const note of notes) console.log(printable(note))
    console.log(`written to ${printable(out)}`)
  } finally {
    progress.end()
    await folder.discard()
  }
  return 0
}

function modeOption(text = 'frozen'): BacktestMode {
  const mode = MODES.find((name) => name === text)
  if (!mode) throw new UsageError(`--mode must be one of ${MODES.join(', ')}, got '${text}'`)
  return mode
}

function coverageOption(text = '0.9'): number {
  const coverage = text.trim() === '' ? Number.NaN : Number(text)
  if (!(coverage > 0 && coverage < 1)) {
    throw new UsageError(`--coverage must lie between 0 and 1, got '${text}'`)
  }
  return coverage
}

/** A file's name without the endings of packed tables. */
function nameOf(file: string): string {
  return basename(file).replace(/(\.(csv|tsv|txt))?(\.gz)?$/i, '') || 'table'
}
