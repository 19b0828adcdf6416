import { layout } from '../engine/layout.ts'
import type { GruSpec } from '../engine/spec.ts'
import { inspectModel } from '../formats/read.ts'
import type { Preprocessing, Scaling } from '../formats/types.ts'
import { type Command, parseCommand, positional } from './command.ts'
import { IMPORT_HELP, IMPORT_OPTIONS, importOptions, naming } from './import-options.ts'
import { forecasterJson, forecasterSections, type Shown, withForecaster } from './inspect-forecaster.ts'
import { printable, printableJson } from './printable.ts'
import { list, section } from './sections.ts'

const HELP = `Usage: gruflow inspect FILE [options]

What a weight file holds: its format, tensors and metadata, and the GRU or the fitted forecaster that it would be.
Exits with 1 when neither can be made of it, and says why.

  --json               one JSON document instead of tables
${IMPORT_HELP}
`

/** `gruflow inspect`. */
export const inspect: Command = {
  help: HELP,
  async run(args) {
    const { values, positionals } = parseCommand(args, { ...IMPORT_OPTIONS, json: { type: 'boolean' } })
    const [file] = positional(positionals, 'FILE')
    const inspection = await naming(file, inspectModel(file, importOptions(values)))
    const shown = await withForecaster(file, inspection)
    console.log(values.json ? asJson(file, shown) : asText(file, shown))
    return shown.problem === undefined ? 0 : 1
  },
}

function asJson(file: string, shown: Shown): string {
  const { metadata, forecaster } = shown
  return printableJson({
    file,
    ...shown,
    metadata: Object.fromEntries(metadata),
    forecaster: forecaster && forecasterJson(forecaster),
  })
}

function asText(file: string, shown: Shown): string {
  const { format, tensors, metadata, spec, preprocessing, forecaster, notes, problem } = shown
  const rows = tensors.map(({ name, shape, dtype }) => [name, `[${shape.join(', ')}]`, dtype])
  return [
    `${printable(file)}: ${format}, ${tensors.length} tensor${tensors.length === 1 ? '' : 's'}`,
    ...section(rows, { header: ['tensor', 'shape', 'type'] }),
    ...(forecaster
      ? forecasterSections(forecaster, metadata)
      : section([...metadata], { title: 'metadata' })),
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
