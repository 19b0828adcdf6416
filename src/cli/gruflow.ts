#!/usr/bin/env node
import { type Command, UsageError } from './command.ts'
import { packageVersion } from './package.ts'
import { printable } from './printable.ts'

const HELP = `GRUflow: rolling forecasts for live sensor streams

Usage: gruflow <command> [options]

Commands:
  demo             simulated and replayed sensors on MQTT, forecasts in Node-RED
  watch URL TOPIC  rolling forecasts of a live MQTT broker
  fit FILE         a model fitted to a CSV table of history
  backtest FILE    how good forecasts of a CSV table would have been
  inspect FILE     what a weight file holds, and the GRU that it would be
  convert IN OUT   a GRU's weights from one format to another

  gruflow <command> --help    its options
  gruflow --version
`

/** Loaded when asked for: demo and watch bring MQTT and RxJS with them, which the others do without. */
const COMMANDS: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ['demo', async () => (await import('./demo.ts')).demo],
  ['watch', async () => (await import('./watch.ts')).watch],
  ['fit', async () => (await import('./fit.ts')).fit],
  ['backtest', async () => (await import('./backtest.ts')).backtest],
  ['inspect', async () => (await import('./inspect.ts')).inspect],
  ['convert', async () => (await import('./convert.ts')).convert],
])

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === '--help' || name === '-h') return say(HELP)
  if (name === '--version' || name === '-v') return say(packageVersion())
  if (name === undefined) throw new UsageError('which command?')
  const load = COMMANDS.get(name)
  if (!load) throw new UsageError(`unknown command '${name}'`)
  const command = await load()
  if (args.includes('--help') || args.includes('-h')) return say(command.help)
  return command.run(args)
}

function say(text: string): number {
  console.log(text.trimEnd())
  return 0
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Nobody reads any more, as with `| head`: not a failure.
  if (error.code === 'EPIPE') process.exit(0)
  console.error(`gruflow: the output cannot be written: ${error.code}`)
  process.exit(1)
})

const argv = process.argv.slice(2)
// Should the process end before the command has, it has failed.
process.exitCode = 1
main(argv)
  .then((code) => {
    process.exitCode = code
  })
  .catch((error: Error) => {
    const usage = error instanceof UsageError
    const command = COMMANDS.has(argv[0]) ? ` ${argv[0]}` : ''
    console.error(`gruflow: ${printable(error.message)}${usage ? `\nTry gruflow${command} --help.` : ''}`)
    process.exitCode = usage ? 2 : 1
  })
