// Hostile files: every good file at every length, then files made of them at random, by every reader.
// node bench/fuzz.mjs [--inputs 1000000] [--seed 1] [--minutes 60] [--formats onnx,npz]     (after npm run build)
import { parseArgs } from 'node:util'
import { countTruncated } from '../dist/test/formats/fuzz/input.js'
import { fuzz, MEMORY } from '../dist/test/formats/fuzz/run.js'
import { loadSeeds } from '../dist/test/formats/fuzz/seeds.js'
import { atMost, digits, writeResults } from './lib/results.mjs'

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string' },
    formats: { type: 'string' },
  },
})
const MB = 2 ** 20
const seed = Number(values.seed)
const formats = values.formats?.split(',')
const seeds = loadSeeds().filter(({ format }) => formats?.includes(format) ?? true)
const rows = new Map(seeds.map(({ format }) => [format, emptyRow()]))
for (const { format } of seeds) rows.get(format).files++

const signal = values.minutes ? AbortSignal.timeout(Number(values.minutes) * 60_000) : undefined
const failures = []
await tryAll('truncated', countTruncated(seeds))
await tryAll('mutated', Number(values.inputs))

const total = sum((row) => row.tried)
const memory = Math.max(...[...rows.values()].map((row) => row.memory))
const counted = (kinds) => failures.filter(({ kind }) => kinds.includes(kind)).length
writeResults('fuzz', {
  targets: [
    atMost(`Crashes in ${digits(total)} hostile files`, 0, { median: counted(['crash']) }, ''),
    atMost('Hangs, or more than 2 s of CPU', 0, { median: counted(['hang', 'slow']) }, ''),
    atMost('Other errors than one sentence', 0, { median: counted(['failed']) }, ''),
    atMost('Most memory beyond the size of the file', MEMORY / MB, { median: memory / MB }, 'MB'),
  ],
  tables: [
    {
      title: 'Files tried, by format:',
      columns: [
        '',
        'good files',
        'tried',
        'cut short',
        'read as a model',
        'refused',
        'failures',
        'MB beyond the file',
        'slowest, ms of CPU',
      ],
      rows: [...rows].map(([format, row]) => [
        format,
        ...[row.files, row.tried, row.truncated, row.model, row.refused].map(digits),
        digits(failures.filter((failure) => failure.format === format).length),
        ...[row.memory / MB, row.time].map(digits),
      ]),
    },
  ],
  notes: [
    'Cut short: the good files at every length; the others are made of them at random, byte by byte or by what the format is made of, such as a field of a header, an opcode of a pickle, an entry of a zip.',
    `Seed ${seed}. Memory is the most that was resident while a file was read beyond what was before, by the kernel's own mark, or the buffers made if that is more.`,
  ],
})
for (const { index, kind, reason, from, file } of failures)
  console.error(`${index} ${kind}: ${reason}\n  ${from}\n  ${file}`)
process.exitCode = failures.length > 0 ? 1 : 0

async function tryAll(inputs, to) {
  let tried = 0
  let told = 0
  const onReports = (reports) => {
    for (const report of reports) take(rows.get(report.format), report, inputs)
    tried += reports.length
    if (tried - told < 10_000) return
    told = tried
    console.error(`${inputs}: ${tried} of ${to}`)
  }
  failures.push(...(await fuzz({ inputs, seed, formats, from: 0, to, onReports, signal })))
}

function take(row, { kind, size, memory, time }, inputs) {
  row.tried++
  if (inputs === 'truncated') row.truncated++
  if (kind !== 'failed') row[kind]++
  row.memory = Math.max(row.memory, memory - size)
  row.time = Math.max(row.time, time)
}

function emptyRow() {
  return { files: 0, tried: 0, truncated: 0, model: 0, refused: 0, memory: 0, time: 0 }
}

function sum(of) {
  return [...rows.values()].reduce((total, row) => total + of(row), 0)
}
