import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

/** What a false alarm and a missed window cost in the profiles of NAB (Ahmad et al. 2017, Neurocomputing 262:134–147). */
export const profiles = {
  standard: { falseAlarm: 0.11, missed: 1 },
  fewFalseAlarms: { falseAlarm: 0.22, missed: 1 },
  fewMissed: { falseAlarm: 0.11, missed: 2 },
}

/** Share of the rows, and most rows, in which alarms do not count. */
const PROBATION = { share: 0.15, most: 750 }

/** Rows at the beginning whose alarms do not count. */
export function probationOf(rows) {
  return Math.min(Math.floor(PROBATION.share * rows), PROBATION.most)
}

/**
 * What the alarms of one file are worth: at most 1 for a window, by its first alarm.
 *
 * @param flags whether there is an alarm, per row
 * @param windows [first, last] rows of the anomalies, in order
 */
export function scoreFile(flags, windows, { falseAlarm, missed }) {
  let total = 0
  const best = windows.map(() => -missed)
  for (let i = probationOf(flags.length); i < flags.length; i++) {
    if (!flags[i]) continue
    const inside = windows.findIndex(([first, last]) => i >= first && i <= last)
    if (inside >= 0) best[inside] = Math.max(best[inside], worth(i, windows[inside]))
    else total += falseAlarm * penalty(i, windows)
  }
  return best.reduce((sum, one) => sum + one, total)
}

/** Of an alarm inside a window: 1 at its first row, falling towards its last. */
function worth(i, [first, last]) {
  return sigmoid(-(last - i + 1) / (last - first + 1)) / sigmoid(-1)
}

/** Of an alarm outside all windows: from 0 just after one to −1 far from it, and −1 before the first. */
function penalty(i, windows) {
  const before = windows.findLast(([, last]) => last < i)
  return before ? sigmoid((i - before[1]) / (before[1] - before[0])) : -1
}

function sigmoid(position) {
  return position > 3 ? -1 : 2 / (1 + Math.exp(5 * position)) - 1
}

/** The score of all files together: 0 for no alarms at all, 100 for one at the first row of each window. */
export function scoreAll(files, profile) {
  const windows = files.reduce((sum, file) => sum + file.windows.length, 0)
  const total = files.reduce((sum, file) => sum + scoreFile(file.flags, file.windows, profile), 0)
  const none = -profile.missed * windows
  return (100 * (total - none)) / (windows - none)
}

/**
 * The files that a folder of NAB has windows for: name, milliseconds and values of the rows, and windows as
 * [first, last] rows.
 *
 * @throws Error when a file is not there, or a cell cannot be read
 */
export function readNab(folder) {
  const labels = readdirSync(folder).find((name) => /^combined_windows.*\.json$/.test(name))
  if (!labels) throw new Error(`${folder} has no combined_windows.json`)
  const windows = JSON.parse(readFileSync(join(folder, labels), 'utf8'))
  return Object.keys(windows)
    .sort()
    .map((name) => readFile(folder, name, windows[name]))
}

function readFile(folder, name, windows) {
  const path = join(folder, name)
  const bytes = existsSync(path) ? readFileSync(path) : gunzipSync(readFileSync(`${path}.gz`))
  const [, ...lines] = bytes.toString('utf8').trimEnd().split(/\r?\n/)
  const rows = lines.map((line, i) => {
    const [time, value] = line.split(',')
    const row = { time: timeOf(time), value: Number(value) }
    if (!Number.isFinite(row.time) || value.trim() === '' || !Number.isFinite(row.value)) {
      throw new Error(`${path}, row ${i}: '${line}' is no time and number`)
    }
    return row
  })
  const times = rows.map(({ time }) => time)
  return {
    name,
    times,
    values: Float64Array.from(rows, ({ value }) => value),
    windows: windows.map(([from, to]) => [
      times.findIndex((time) => time >= timeOf(from)),
      times.findLastIndex((time) => time <= timeOf(to)),
    ]),
  }
}

/** Of `2014-04-01 00:05:00`, with or without a fraction, as UTC. */
function timeOf(text) {
  return Date.parse(`${text.replace(' ', 'T')}Z`)
}
