import { type Command, deviceOption, parseCommand, positional, UsageError } from './command.ts'
import { runDemo } from './run-demo.ts'

const HELP = `Usage: gruflow demo [options]

Simulated and replayed sensors on MQTT, forecasts in Node-RED.

  --headless           no Node-RED: rolling forecasts in the terminal
  --broker <url>       a broker of your own, e.g. mqtt://192.168.1.5 (default: one is started
                       on 127.0.0.1:1883, or the next free port)
  --port <number>      port of the Node-RED editor (default: 1880, or the next free one)
  --rate <number>      readings a second of each sensor (default: 10)
  --device <name>      what steps the GRU: wasm, gpu, or auto, whichever is faster; in Node-RED
                       for all nodes of the flow (default: auto, in Node-RED as the flow says)
  --user-dir <folder>  Node-RED's folder (default: .gruflow)
`

const OPTIONS = {
  headless: { type: 'boolean' },
  broker: { type: 'string' },
  port: { type: 'string' },
  rate: { type: 'string' },
  device: { type: 'string' },
  'user-dir': { type: 'string' },
} as const

/** `gruflow demo`: until it is interrupted. */
export const demo: Command = {
  help: HELP,
  async run(args) {
    const { values, positionals } = parseCommand(args, OPTIONS)
    positional(positionals)
    await runDemo({
      headless: values.headless,
      broker: values.broker === undefined ? undefined : brokerUrl(values.broker),
      port: numberOption('port', values.port, (port) => Number.isInteger(port) && port > 0 && port < 65536),
      rate: numberOption('rate', values.rate, (rate) => rate > 0 && rate <= 1000),
      device: deviceOption(values.device),
      userDir: values['user-dir'],
    })
    return 0
  },
}

function numberOption(
  name: string,
  text: string | undefined,
  valid: (value: number) => boolean,
): number | undefined {
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
