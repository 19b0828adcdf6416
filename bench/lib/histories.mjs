import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
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

/** Steps ahead. */
export const HORIZON = 96

/**
 * Public histories, with the rows that teach, choose and test as in the literature on long horizons, the rows of a
 * day, and the MD5 of the file unpacked. Errors: [must, stretch].
 */
export const histories = [
  {
    name: 'ETTh1',
    md5: '8381763947c85f4be6ac456c508460d6',
    columns: LOADS,
    rows: { fit: [0, 8640], validate: [8640, 11_520], test: [11_520, 14_400] },
    day: 24,
    mse: [0.362, 0.352],
    mae: [0.392, 0.386],
  },
  {
    name: 'ETTm1',
    md5: '82d6bd89109c63d075d99c1077b33f38',
    columns: LOADS,
    rows: { fit: [0, 34_560], validate: [34_560, 46_080], test: [46_080, 57_600] },
    day: 96,
    mse: [0.293, 0.283],
    mae: [0.345, 0.338],
  },
  {
    name: 'WTH',
    md5: '2e73f7a010ed248709dd2dd4866d0a65',
    columns: WEATHER,
    rows: { fit: [0, 24_544], validate: [24_544, 28_052], test: [28_052, 35_064] },
    day: 24,
    mse: [0.48, 0.47],
    mae: [0.462, 0.455],
  },
]

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
