import { layout } from '../engine/layout.ts'
import type { GruSpec } from '../engine/spec.ts'
import { inspectModel } from '../formats/read.ts'
import type { Inspection, Preprocessing, Scaling } from '../formats/types.ts'
import { columns } from './columns.ts'
import { type Command, parseCommand, positional } from './command.ts'
import { IMPORT_HELP, IMPORT_OPTIONS, importOptions, naming } from './import-options.ts'
import { printable, printableJson } from './printable.ts'

const HELP = `Usage: gruflow inspect FILE [options]

What a weight file holds: its format, tensors and metadata, and the GRU that it would be. Exits with 1 when no
GRU can be made of it, and says why.

  --json               one JSON document instead of tables
${IMPORT_HELP}
`

/** Rows of a table; the rest is counted. */
const ROWS = 100

/** `gruflow inspect`. */
export const inspect: Command = {
  help: HELP,
  async run(args) {
    const { values, positionals } = parseCommand(args, { ...IMPORT_OPTIONS, json: { type: 'boolean' } })
    const [file] = positional(positionals, 'FILE')
    const inspection = await naming(file, inspectModel(file, importOptions(values)))
    console.log(values.json ? asJson(file, inspection) : asText(file, inspection))
    return inspection.problem === undefined ? 0 : 1
  },
}

function asJson(file: string, inspection: Inspection): string {
  return printableJson({ file, ...inspection, metadata: Object.fromEntries(inspection.metadata) })
}

function asText(file: string, inspection: Inspection): string {
  const { format, tensors, metadata, spec, preprocessing, notes, problem } = inspection
  const rows = tensors.map(({ name, shape, dtype }) => [name, `[${shape.join(', ')}]`, dtype])
  return [
    `${printable(file)}: ${format}, ${tensors.length} tensor${tensors.length === 1 ? '' : 's'}`,
    ...section(rows, { header: ['tensor', 'shape', 'type'] }),
    ...section([...metadata], { title: 'metadata' }),
    ...(spec ? section(specRows(spec), { title: 'model' }) : []),
    ...(preprocessing ? preprocessingSection(preprocessing) : []),
    ...list('notes', notes),
    ...list('no model can be made of it', problem === undefined ? [] : [problem]),
  ].join('\n')
}

function specRows(spec: GruSpec): string[][] {
  const fields = Object.entries(spec).map(([name, value]) => [name, String(value)])
  return [...fields, ['weights', String(layout(spec).size)]]
}

function preprocessingSection({ inputs = [], outputs = [] }: Preprocessing): string[] {
  const row = (kind: string, { name = '', mean = 0, std = 1 }: Scaling, i: number): string[] => [
    `${kind} ${i + 1}`,
    name,
    String(mean),
    String(std),
  ]
  const rows = [
    ...inputs.map((scaling, i) => row('input', scaling, i)),
    ...outputs.map((scaling, i) => row('output', scaling, i)),
  ]
  return section(rows, { title: 'preprocessing', header: ['', 'name', 'mean', 'std'] })
}

interface Captions {
  readonly title?: string
  readonly header?: readonly string[]
}

/** A table below its title, or nothing when it is empty. */
function section(rows: readonly (readonly string[])[], { title, header }: Captions): string[] {
  if (rows.length === 0) return []
  const shown = columns([...(header ? [header] : []), ...rows.slice(0, ROWS)])
  const more = rows.length - ROWS
  return ['', ...(title ? [title] : []), ...indented(shown), ...(more > 0 ? [`  … and ${more} more`] : [])]
}

/** Sentences below their title, or nothing when there are none. */
function list(title: string, sentences: readonly string[]): string[] {
  return sentences.length === 0 ? [] : ['', title, ...indented(sentences.map(printable))]
}

const indented = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`)
