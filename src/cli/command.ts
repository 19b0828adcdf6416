import { type ParseArgsConfig, parseArgs } from 'node:util'
import { checkDevice, type DeviceChoice } from '../engine/device.ts'

/** One command of `gruflow`. */
export interface Command {
  /** Usage and options, for `--help`. */
  readonly help: string
  /**
   * @returns the exit code
   * @throws UsageError when the arguments are wrong; any other Error is a failure at work
   */
  run(args: readonly string[]): Promise<number>
}

/** Wrong usage, as opposed to a failure at work. */
export class UsageError extends Error {}

type Options = NonNullable<ParseArgsConfig['options']>
type Parsed<T extends Options> = ReturnType<
  typeof parseArgs<{ args: string[]; options: T; allowPositionals: true }>
>

/** Arguments by a table of options. @throws UsageError when they do not fit it */
export function parseCommand<T extends Options>(args: readonly string[], options: T): Parsed<T> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

/**
 * Exactly the positional arguments that a command takes.
 * @param names what they are, e.g. `FILE`
 * @throws UsageError when there are fewer or more
 */
export function positional(given: readonly string[], ...names: readonly string[]): readonly string[] {
  if (given.length < names.length) throw new UsageError(`which ${names[given.length]}?`)
  if (given.length > names.length) throw new UsageError(`unexpected argument '${given[names.length]}'`)
  return given
}

/** What `--device` says. @throws UsageError when it is no device */
export function deviceOption(text: string | undefined): DeviceChoice | undefined {
  if (text === undefined) return undefined
  try {
    return checkDevice(text)
  } catch (error) {
    throw new UsageError(`--${(error as Error).message}`)
  }
}
