import { readFile, stat } from 'node:fs/promises'
import { extname } from 'node:path'
import type { GruSpec } from '../engine/spec.ts'
import { checkPreprocessing } from '../formats/preprocessing.ts'
import { readModel } from '../formats/read.ts'
import type { Preprocessing, TargetName } from '../formats/types.ts'
import { writeModel } from '../formats/write.ts'
import { type Command, parseCommand, positional, UsageError } from './command.ts'
import { IMPORT_HELP, IMPORT_OPTIONS, importOptions, naming } from './import-options.ts'
import { findOutFile, writeOutFile } from './out-file.ts'
import { printable } from './printable.ts'

const TARGETS: readonly TargetName[] = ['safetensors', 'npz', 'onnx', 'pytorch']

/** Bytes of the file that `--preprocessing` names. */
const MAX_PREPROCESSING = 2 ** 20

const HELP = `Usage: gruflow convert IN OUT [options]

Reads a GRU from the weight file IN and writes it to OUT, so that it gives the same outputs, or not at all.

  --to <format>        ${TARGETS.slice(0, -1).join(', ')}, or pytorch: a safetensors file that nn.GRU loads
                       (default: by the ending of OUT)
${IMPORT_HELP}
  --preprocessing <file.json>
                       how inputs and outputs are scaled, kept in the file written:
                       {"inputs": [{"name", "mean", "std"}, …], "outputs": […]}
  --force              replaces OUT if there is one
`

const OPTIONS = {
  ...IMPORT_OPTIONS,
  to: { type: 'string' },
  preprocessing: { type: 'string' },
  force: { type: 'boolean' },
} as const

/** `gruflow convert`. */
export const convert: Command = {
  help: HELP,
  async run(args) {
    const { values, positionals } = parseCommand(args, OPTIONS)
    const [source, destination] = positional(positionals, 'IN', 'OUT')
    const to = values.to ?? extname(destination).slice(1).toLowerCase()
    const format = TARGETS.find((name) => name === to)
    if (!format) throw new UsageError(unknownTarget(values.to, destination))
    const options = importOptions(values)

    const out = await findOutFile(destination, values.force ?? false)
    const read = await naming(source, readModel(source, options))
    const preprocessing =
      values.preprocessing === undefined
        ? read.preprocessing
        : await readPreprocessing(values.preprocessing, read.model.spec)
    const written = writeModel(read.model, { format, preprocessing })
    await writeOutFile(out, written.bytes)

    console.log(
      `${printable(destination)}: ${format}, ${written.bytes.length} bytes, from ${printable(source)} (${read.format})`,
    )
    for (const note of [...read.notes, ...written.notes]) console.log(`  ${printable(note)}`)
    return 0
  },
}

function unknownTarget(to: string | undefined, destination: string): string {
  const names = TARGETS.join(', ')
  return to === undefined
    ? `which format is '${destination}'? Let it end in .safetensors, .npz or .onnx, or say --to ${names}`
    : `--to must be one of ${names}, got '${to}'`
}

async function readPreprocessing(path: string, spec: GruSpec): Promise<Preprocessing> {
  const there = await stat(path)
  if (!there.isFile()) throw new Error(`'${path}' is no file`)
  if (there.size > MAX_PREPROCESSING) {
    throw new Error(`'${path}' has ${there.size} bytes, at most ${MAX_PREPROCESSING} are read`)
  }
  const text = await readFile(path, 'utf8')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new Error(`'${path}' is not JSON: ${(error as Error).message}`)
  }
  return checkPreprocessing(spec, value)
}
