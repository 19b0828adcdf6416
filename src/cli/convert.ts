import { open, readFile, rename, rm, stat } from 'node:fs/promises'
import { extname } from 'node:path'
import type { GruSpec } from '../engine/spec.ts'
import { checkPreprocessing } from '../formats/preprocessing.ts'
import { readModel } from '../formats/read.ts'
import type { Preprocessing, TargetName } from '../formats/types.ts'
import { writeModel } from '../formats/write.ts'
import { type Command, parseCommand, positional, UsageError } from './command.ts'
import { IMPORT_HELP, IMPORT_OPTIONS, importOptions } from './import-options.ts'
import { printable } from './printable.ts'

const TARGETS: readonly TargetName[] = ['safetensors', 'npz', 'onnx', 'pytorch']

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
    const to = values.to ?? extname(destination).slice(1)
    const format = TARGETS.find((name) => name === to)
    if (!format) throw new UsageError(unknownTarget(values.to, destination))
    const options = importOptions(values)

    await checkFree(destination, values.force ?? false)
    const read = await readModel(source, options)
    const preprocessing =
      values.preprocessing === undefined
        ? read.preprocessing
        : await readPreprocessing(values.preprocessing, read.model.spec)
    const written = writeModel(read.model, { format, preprocessing })
    await writeWhole(destination, written.bytes)

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

/** @throws Error when something is there that must not be replaced */
async function checkFree(path: string, force: boolean): Promise<void> {
  const there = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  if (!there) return
  if (!there.isFile()) throw new Error(`'${path}' is no file, and is not replaced`)
  if (!force) throw new Error(`there is a file '${path}' already; --force replaces it`)
}

async function readPreprocessing(path: string, spec: GruSpec): Promise<Preprocessing> {
  const text = await readFile(path, 'utf8')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new Error(`'${path}' is not JSON: ${(error as Error).message}`)
  }
  return checkPreprocessing(spec, value)
}

/** Under another name first: whatever fails, nothing half written is left, and an old file stays as it was. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`
  try {
    const file = await open(temporary, 'wx')
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}
