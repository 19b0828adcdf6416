import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parts } from './parts.mjs'

const REPORT = fileURLToPath(new URL('../RESULTS.md', import.meta.url))

const INTRODUCTION = `# Results

Written by \`npm run bench\` from \`bench/results\`; do not edit. [README.md](README.md) says how to run it and how it
measures: contenders take turns in rounds, each is judged by the CPU time of its process where nothing else is said, and a
ratio is the median of the ratios of each round, with its quartiles in brackets.
`

/** Renders RESULTS.md from all that was measured so far. */
export function writeReport(folder) {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'))
  const results = files
    .map((name) => JSON.parse(readFileSync(`${folder}${name}`, 'utf8')))
    .sort((a, b) => order(a) - order(b))
  const targets = results.flatMap((result) => result.targets)
  const all = [
    INTRODUCTION,
    '## Targets\n',
    table(TARGET_COLUMNS, targets.map(targetRow)),
    ...results.map(section),
  ]
  writeFileSync(REPORT, all.join('\n'))
}

const TARGET_COLUMNS = ['Figure', 'Target', 'Measured', 'Quartiles', 'Reached']

const targetRow = ({ figure, target, measured, quartiles, reached }) => [
  figure,
  target,
  measured,
  quartiles,
  reached ? 'yes' : '**no**',
]

const order = ({ part }) => parts.findIndex(({ name }) => name === part)

function section({ part, variant, date, command, machine, versions, tables, notes }) {
  const title = parts.find(({ name }) => name === part)?.title ?? part
  const used = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return [
    `\n## ${title}${variant ? `: ${variant}` : ''}\n`,
    `\`${command}\`, ${date} UTC, ${machine.processor}, ${machine.system}, load ${[machine.load, ...used].join('; ')}.\n`,
    ...tables.map(({ title, columns, rows }) => `${title}\n\n${table(columns, rows)}`),
    ...(notes.length > 0 ? [`${notes.join(' ')}\n`] : []),
  ].join('\n')
}

/** The first column is text, the others are figures. */
function table(columns, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`
  const rule = columns.map((_, i) => (i === 0 ? '---' : '---:'))
  return [line(columns), line(rule), ...rows.map(line), ''].join('\n')
}
