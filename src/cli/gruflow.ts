#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { type DemoOptions, demo } from './demo.ts'
import { packageVersion } from './package.ts'

const HELP = `GRUflow: rolling forecasts for live sensor streams

Usage: gruflow <command> [options]

Commands:
  demo                 simulated and replayed sensors on MQTT, forecasts in Node-RED

Options of demo:
  --headless           no Node-RED: rolling forecasts in the terminal
  --broker <url>       a broker of your own, e.g. mqtt://192.168.1.5 (default: one is started
                       on 127.0.0.1:1883, or the next free port)
  --port <number>      port of the Node-RED editor (default: 1880, or the next free one)
  --rate <number>      readings a second of each sensor (default: 10)
  --user-dir <folder>  Node-RED's folder (default: .gruflow)

  --help, --version
`

/** Wrong usage, as opposed to a failure at work. */
class UsageError extends Error {}

const OPTIONS = {
  headless: { type: 'boolean' },
  broker: { type: 'string' },
  port: { type: 'string' },
  rate: { type: 'string' },
  'user-dir': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const

async function main(args: string[]): Promise<void> {
  const { values, positionals } = parse(args)
  if (values.help) return console.log(HELP)
  if (values.version) return console.log(packageVersion())
  const [command, ...rest] = positionals
  if (command === undefined) throw new UsageError('which command?')
  if (command !== 'demo') throw new UsageError(`unknown command '${command}'`)
  if (rest.length > 0) throw new UsageError(`unexpected argument '${rest[0]}'`)
  const options: DemoOptions = {
    headless: values.headless,
    broker: values.broker === undefined ? undefined : brokerUrl(values.broker),
    port: numberOption('port', values.port, (port) => Number.isInteger(port) && port > 0 && port < 65536),
    rate: numberOption('rate', values.rate, (rate) => rate > 0 && rate <= 1000),
    userDir: values['user-dir'],
  }
  await demo(options)
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: true })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

function numberOption(name: string, text: string | undefined, valid: (value: number) => boolean) {
  if (text === undefined) return undefined
  const value = Number(text)
  if (text.trim() === '' || !valid(value)) throw new UsageError(`impossible --${name} '${text}'`)
  return value
}

function brokerUrl(text: string): string {
  if (!/^(mqtts?|tcp|ssl|wss?):\/\/[^/]/.test(text)) {
    throw new UsageError(`--broker must be a URL such as mqtt://localhost:1883, got '${text}'`)
  }
  return text
}

main(process.argv.slice(2)).catch((error: Error) => {
  const usage = error instanceof UsageError
  console.error(`gruflow: ${error.message}${usage ? '\nTry gruflow --help.' : ''}`)
  process.exitCode = usage ? 2 : 1
})
