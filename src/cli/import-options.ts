import { type PresetName, presets } from '../engine/spec.ts'
import type { ImportOptions } from '../formats/types.ts'
import { UsageError } from './command.ts'

/** What `inspect` and `convert` can be told about a file. */
export const IMPORT_OPTIONS = {
  preset: { type: 'string' },
  prefix: { type: 'string' },
  head: { type: 'string' },
  'no-head': { type: 'boolean' },
} as const

export const IMPORT_HELP: string = `  --preset <name>      the equations, where the file does not say:
                       ${Object.keys(presets).slice(0, 4).join(', ')},
                       ${Object.keys(presets).slice(4).join(', ')}
  --prefix <text>      what the names of the GRU's weights begin with, e.g. encoder.gru.
  --head <name>        the linear layer after the GRU, e.g. fc
  --no-head            no linear layer, also if there is one`

/** @throws UsageError when they contradict each other or name no preset */
export function importOptions(values: {
  readonly preset?: string
  readonly prefix?: string
  readonly head?: string
  readonly 'no-head'?: boolean
}): ImportOptions {
  const { preset, prefix, head, 'no-head': headless } = values
  if (preset !== undefined && !isPreset(preset)) {
    throw new UsageError(`--preset must be one of ${Object.keys(presets).join(', ')}, got '${preset}'`)
  }
  if (headless && head !== undefined) throw new UsageError('--head and --no-head contradict each other')
  return { preset, prefix, head: headless ? false : head }
}

function isPreset(name: string): name is PresetName {
  return Object.hasOwn(presets, name)
}

/** What reads a file. @throws Error that names the file as the user did, where its own sentence has only a part of that */
export async function naming<T>(file: string, reading: Promise<T>): Promise<T> {
  return reading.catch((error: Error) => {
    throw new Error(`${file}: ${error.message}`)
  })
}
