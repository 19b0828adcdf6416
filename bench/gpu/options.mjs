import { parseArgs } from 'node:util'

/** Parts in the order in which they are measured. */
export const PARTS = ['errors', 'roundtrip', 'throughput', 'auto', 'sequences', 'endurance']

/** An option that is not there, or a value that it does not take. */
export class OptionError extends Error {}

/**
 * What was asked for on the command line; `only` is a list.
 * @throws OptionError of one sentence
 */
export function readOptions(args = process.argv.slice(2)) {
  const options = parse(args)
  const only = options.only?.split(',') ?? PARTS
  const unknown = only.find((name) => !PARTS.includes(name))
  if (unknown !== undefined) {
    throw new OptionError(`--only must name some of ${PARTS.join(', ')}, got '${unknown}'`)
  }
  return { ...options, only }
}

function parse(args) {
  try {
    return parseArgs({
      args,
      options: {
        only: { type: 'string' },
        software: { type: 'boolean', default: false },
        pack: { type: 'string' },
        platform: { type: 'string', default: 'linux-x64' },
        report: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    // What follows the first sentence is on arguments that begin with a dash.
    throw new OptionError(error.message.split(/\.\s/)[0])
  }
}
