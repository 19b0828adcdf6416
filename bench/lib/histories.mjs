import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

const LOADS = ['HUFL', 'HULL', 'MUFL', 'MULL', 'LUFL', 'LULL', 'OT']
const WEATHER = [
  'Visibility',
  'DryBulbFarenheit',
  'DryBulbCelsius',
  'WetBulbFarenheit',
  'DewPointFarenheit',
  'DewPointCelsius',
  'RelativeHumidity',
  'WindSpeed',
  'WindDirection',
  'StationPressure',
  'Altimeter',
  'WetBulbCelsius',
]

/** Steps ahead, and with little history. */
export const HORIZON = 96
export const LITTLE_HORIZON = 48

/**
 * Public histories, with the rows that teach, choose and test as in the literature on long horizons; the same where
 * 20 % teach and 5 % choose; the rows of a day, and the MD5 of the file unpacked.
 *
 * Bars are [must, stretch]: errors of the frozen model at all steps; `stream` and `littleStream`, what goes on learning,
 * MSE of the step 1, of 1–24 and of all; `winkler`, of the steps 1, 24 and 96.
 */
export const histories = [
  {
    name: 'ETTh1',
    file: 'ETTh1',
    time: 'date',
    md5: '8381763947c85f4be6ac456c508460d6',
    columns: LOADS,
    rows: { fit: [0, 8640], validate: [8640, 11_520], test: [11_520, 14_400] },
    little: { fit: [0, 2880], validate: [2880, 3600], test: [3600, 14_400] },
    day: 24,
    mse: [0.362, 0.352],
    mae: [0.392, 0.386],
    stream: [
      [0.098, 0.285, 0.354],
      [0.095, 0.276, 0.343],
    ],
    winkler: [
      [1.38, 2.15, 2.5],
      [1.32, 2.0, 2.35],
    ],
  },
  {
    name: 'ETTm1',
    file: 'ETTm1',
    time: 'date',
    md5: '82d6bd89109c63d075d99c1077b33f38',
    columns: LOADS,
    rows: { fit: [0, 34_560], validate: [34_560, 46_080], test: [46_080, 57_600] },
    little: { fit: [0, 11_520], validate: [11_520, 14_400], test: [14_400, 57_600] },
    day: 96,
    mse: [0.293, 0.283],
    mae: [0.345, 0.338],
    stream: [
      [0.0435, 0.2, 0.288],
      [0.042, 0.19, 0.278],
    ],
    littleStream: [
      [0.1, 0.5, 0.64],
      [0.096, 0.418, 0.554],
    ],
    winkler: [
      [0.9, 2.2, 2.35],
      [0.83, 2.05, 2.2],
    ],
  },
  {
    name: 'WTH',
    file: 'WTH',
    time: 'date',
    md5: '2e73f7a010ed248709dd2dd4866d0a65',
    columns: WEATHER,
    rows: { fit: [0, 24_544], validate: [24_544, 28_052], test: [28_052, 35_064] },
    little: { fit: [0, 7012], validate: [7012, 8766], test: [8766, 35_064] },
    day: 24,
    mse: [0.48, 0.47],
    mae: [0.462, 0.455],
    stream: [
      [0.17, 0.328, 0.472],
      [0.167, 0.318, 0.458],
    ],
    winkler: [
      [1.35, 2.65, 3.25],
      [1.28, 2.5, 3.05],
    ],
  },
]

/** Series of the Numenta Anomaly Benchmark whose beginnings are forecast. */
export const anomalous = [
  ['machine_temperature_system_failure', '5ba758686356bda5f63e7b10093394c7'],
  ['ambient_temperature_system_failure', '985aecd214508bf394810d74406e983b'],
  ['rogue_agent_key_hold', '4e359a0dc93343851951fb6ef54a5172'],
].map(([name, md5]) => ({ name, file: `nab/realKnownCause/${name}`, md5, columns: ['value'] }))

/** Where a history is, in the folder of the data. */
export const pathOf = (data, { file }) => join(data, `${file}.csv.gz`)

/** The columns of a history, as Float64Arrays. @throws Error when the file is another one than is meant */
export function readHistory(path, { md5, columns }) {
  const bytes = gunzipSync(readFileSync(path))
  const found = createHash('md5').update(bytes).digest('hex')
  if (found !== md5) throw new Error(`${path} is another file than is meant: its MD5, unpacked, is ${found}`)
  const [header, ...lines] = bytes.toString('utf8').trimEnd().split(/\r?\n/)
  const cells = lines.map((line) => line.split(','))
  const names = header.split(',')
  return columns.map((name) => {
    const at = names.indexOf(name)
    return Float64Array.from(cells, (row, r) => {
      const text = row[at] ?? ''
      if (text.trim() === '' || !Number.isFinite(Number(text))) {
        throw new Error(`${path}, row ${r}, column ${name}: '${text}' is no number`)
      }
      return Number(text)
    })
  })
}
