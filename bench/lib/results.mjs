import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { writeReport } from './report.mjs'

const FOLDER = fileURLToPath(new URL('../results/', import.meta.url))
const { dependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

/**
 * Rounds of a part: as many as it wants, or as ROUNDS says, for a quick look.
 * Medians of fewer than about 15 rounds are not worth quoting.
 */
export const roundsOr = (usual) => Number(process.env.ROUNDS ?? usual)

/**
 * Keeps what one part measured as results/<part>.json and renders RESULTS.md anew from all parts.
 *
 * @param part name of the script
 * @param targets made by `atLeast` and `atMost`
 * @param tables [{ title, columns, rows }], all text
 * @param notes sentences
 * @param peers whether it ran any; their versions are named then
 * @param variant what it ran on, where results on others are kept beside these: results/<part>-<variant>.json
 * @param versions of other things that were used
 * @param details all figures as numbers, in the JSON alone
 * @param command that measured it, where it is none of `npm run bench`
 */
export function writeResults(part, results) {
  const { targets = [], tables = [], notes = [], peers = false, torch, variant, versions, details } = results
  mkdirSync(FOLDER, { recursive: true })
  const result = {
    part,
    variant,
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    command: `${given('ROUNDS')}${given('PYTHON', '…')}${results.command ?? command(part)}`,
    machine: machine(),
    versions: { ...(peers ? dependencies : {}), ...(torch ? { PyTorch: torch } : {}), ...versions },
    targets,
    tables,
    notes,
    details,
  }
  writeFileSync(fileOf(part, variant), `${JSON.stringify(result, null, 2)}\n`)
  renderReport()
}

/** The details that were written last; undefined when there are none. */
export function detailsOf(part, variant) {
  const file = fileOf(part, variant)
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).details : undefined
}

const fileOf = (part, variant) => `${FOLDER}${variant ? `${part}-${variant}` : part}.json`

/** Renders RESULTS.md from what is in the folder of results. */
export const renderReport = () => writeReport(FOLDER)

/** What started the part: `npm run bench` gives it no options. */
const command = (part) =>
  process.argv.length > 2
    ? `node bench/${part}.mjs ${process.argv.slice(2).join(' ')}`
    : `npm run bench -- ${part}`

/** A variable of the environment as it stands before a command. */
const given = (name, shown = process.env[name]) => (process.env[name] ? `${name}=${shown} ` : '')

export const atLeast = (figure, target, measured, unit = '×') => ({
  figure,
  target: `≥ ${digits(target)}${spaced(unit)}`,
  ...reading(measured, unit),
  reached: measured.median >= target,
})

/** @param show how figures are written */
export const atMost = (figure, target, measured, unit, show = digits) => ({
  figure,
  target: `≤ ${show(target)}${spaced(unit)}`,
  ...reading(measured, unit, show),
  reached: measured.median <= target,
})

function reading({ median, lower, upper }, unit, show = digits) {
  return {
    measured: `${show(median)}${spaced(unit)}`,
    quartiles: lower === undefined ? '' : `${show(lower)} to ${show(upper)}`,
  }
}

const spaced = (unit) => (unit === '' || unit === '×' ? unit : ` ${unit}`)

/** Three significant digits, or all of a whole number. */
export function digits(value) {
  if (!Number.isFinite(value)) return '∞'
  if (value !== 0 && Math.abs(value) < 1e-3) return value.toExponential(1)
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US')
  return Number(value.toPrecision(3)).toString()
}

/** `12.0 [11.8, 13.0]`. */
export const withQuartiles = ({ median, lower, upper }) =>
  `${digits(median)} [${digits(lower)}, ${digits(upper)}]`

function machine() {
  const [{ model }] = cpus()
  return {
    processor: `${cpus().length} × ${model.trim()}${caches()}`,
    system: `${process.platform} ${process.arch}, Node.js ${process.versions.node} (V8 ${process.versions.v8})`,
    load: loadavg()[0].toFixed(2),
  }
}

/** Sizes of the first core's data caches, where Linux tells. */
function caches() {
  const read = (index, name) =>
    readFileSync(`/sys/devices/system/cpu/cpu0/cache/index${index}/${name}`, 'utf8').trim()
  try {
    const data = [0, 1, 2, 3].filter((index) => read(index, 'type') !== 'Instruction')
    return ` (${data.map((index) => `L${read(index, 'level')} ${read(index, 'size')}`).join(', ')})`
  } catch {
    return ''
  }
}
