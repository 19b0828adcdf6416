import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { fit as fitHistory } from '../forecast/fit/fit.ts'
import type { FitHistoryProgress, Fitted } from '../forecast/fit/types.ts'
import { writeFitted } from '../store/fitted.ts'
import { type Command, parseCommand, positional, UsageError } from './command.ts'
import { type CheckpointFile, openCheckpoint } from './fit-checkpoint.ts'
import { FIT_HELP, FIT_OPTIONS, type FitChoices, fitChoices, wholeOption } from './fit-options.ts'
import { interruptible } from './interrupt.ts'
import { findOutFile, type OutFile, writeOutFile } from './out-file.ts'
import { printable } from './printable.ts'
import { createProgress, duration, type Step } from './progress.ts'
import { scoreTable } from './scores.ts'
import { type NotedTable, readGrid } from './table-file.ts'

const MAX_EPOCHS = 10_000

const HELP = `Usage: gruflow fit FILE.csv[.gz] -o model.safetensors [options]

Fits a model to a table of history, measures it on the newest 20 % of the rows, lets it learn from those too, and
writes it. Gaps in time become rows without values.

  -o, --output <file>  the model
  --time <column>      when a row was read (default: found)
  --columns <names>    what to learn to forecast, with commas between them; "a,b",c where a name has one
                       (default: all columns of numbers)
  --horizon <rows>     how far ahead, 1–1024 (default: 24)
${FIT_HELP}
  --epochs <number>    most rounds of learning, about two passes over the rows each (default: 20)
  --checkpoint <file>  kept after each epoch, taken up again if it is there, removed at the end
  --force              replaces the model file if there is one
`

const OPTIONS = {
  ...FIT_OPTIONS,
  output: { type: 'string', short: 'o' },
  epochs: { type: 'string' },
  checkpoint: { type: 'string' },
  force: { type: 'boolean' },
} as const

/** `gruflow fit`. */
export const fit: Command = {
  help: HELP,
  async run(args) {
    const { values, positionals } = parseCommand(args, OPTIONS)
    const [file] = positional(positionals, 'FILE')
    const { output, checkpoint } = values
    if (output === undefined) throw new UsageError('which model file? Say -o model.safetensors')
    if (checkpoint !== undefined && resolve(checkpoint) === resolve(output)) {
      throw new UsageError(`-o and --checkpoint are the same file, '${output}'`)
    }
    const { time, columns, ...choices } = fitChoices(values)
    const options = { ...choices, epochs: wholeOption('epochs', values.epochs, 1, MAX_EPOCHS) }

    // What would fail after minutes of learning fails now.
    const out = await findOutFile(output, values.force ?? false)
    for (const path of checkpoint === undefined ? [output] : [output, checkpoint]) await checkWritable(path)
    const read = await readGrid(file, { time, columns })
    const kept =
      checkpoint === undefined
        ? undefined
        : await openCheckpoint(checkpoint, { columns: read.table.columns, options }, warn)
    return interruptible((signal) => run({ read, options, out, kept, signal }))
  },
}

interface Run {
  readonly read: NotedTable
  readonly options: FitChoices & { readonly epochs: number | undefined }
  readonly out: OutFile
  readonly kept: CheckpointFile | undefined
  readonly signal: AbortSignal
}

async function run({ read, options, out, kept, signal }: Run): Promise<number> {
  const { table, notes } = read
  if (kept?.found) console.error('going on from the checkpoint')
  const progress = createProgress()
  let fitted: Fitted
  try {
    fitted = await fitHistory(table.columns, {
      ...options,
      signal,
      onProgress: (report) => progress.show(stepOf(report)),
      ...(kept && { checkpoint: kept.found, onCheckpoint: kept.keep }),
    })
  } finally {
    progress.end()
    await kept?.settled()
  }
  const { model, metrics } = fitted
  const bytes = writeFitted({ model, period: table.period, metrics, fittedAt: Date.now() })
  await writeOutFile(out, bytes)
  await kept?.remove()
  for (const line of linesOf(fitted)) console.log(line)
  for (const note of notes) console.log(printable(note))
  console.log(`${printable(out.path)}: ${bytes.length} bytes`)
  return 0
}

function stepOf({ stage, epoch, epochs, share, secondsLeft, validationLoss }: FitHistoryProgress): Step {
  const judged = Number.isFinite(validationLoss) ? `, loss ${validationLoss.toPrecision(3)}` : ''
  return { stage, share, secondsLeft, detail: `epoch ${Math.min(epoch + 1, epochs)} of ${epochs}${judged}` }
}

function linesOf({ model, metrics, parameters, epochs, seconds }: Fitted): string[] {
  const { spec, channels } = model
  const count = `${channels.length} column${channels.length === 1 ? '' : 's'}`
  const made = `${parameters} weights for ${count}, ${spec.horizon} rows ahead in segments of ${spec.segment}; ${epochs} epochs in ${duration(seconds)}`
  if (!metrics) return [made, 'Not measured: there is too little history to hold some of it back.']
  const { gru, naive, seasonalNaive, ridge } = metrics
  const scores = scoreTable([
    { name: 'GRU', score: gru },
    { name: 'naive', score: naive },
    { name: 'seasonal naive', score: seasonalNaive },
    { name: 'ridge regression', score: ridge },
  ])
  return [made, '', ...scores.map((line) => `  ${line}`), '', `The GRU is ${metrics.sentence}.`]
}

/** @throws Error naming the path, when there can be no file in its folder */
async function checkWritable(path: string): Promise<void> {
  await access(dirname(path), constants.W_OK).catch((error: NodeJS.ErrnoException) => {
    const reason = error.code === 'ENOENT' ? 'there is no such folder' : error.code
    throw new Error(`'${path}' cannot be written: ${reason}`)
  })
}

function warn(message: string): void {
  console.error(`gruflow: ${printable(message)}`)
}
