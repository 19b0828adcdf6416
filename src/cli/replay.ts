import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { DAY, HOUR, type Sensor } from './sensors.ts'

/**
 * Measurements of Seattle, read again and again while their time goes on: the daily maximum of temperature and
 * the wind of 2012–2015, and the hourly climate normals of NOAA (temperature, pressure), all from the npm package
 * `vega-datasets`.
 *
 * @throws Error when `vega-datasets` is not installed
 */
export async function seattleWeather(options: { start?: number } = {}): Promise<Sensor[]> {
  const { start } = options
  const [days, hours] = await Promise.all([
    readTable('seattle-weather.csv'),
    readTable('seattle-weather-hourly-normals.csv'),
  ])
  return [
    replay('weather/seattle/temperature', HOUR, hours, 'temperature', start),
    replay('weather/seattle/pressure', HOUR, hours, 'pressure', start),
    replay('weather/seattle/temperature-max', DAY, days, 'temp_max', start),
    replay('weather/seattle/wind', DAY, days, 'wind', start),
  ]
}

type Table = Map<string, string[]>

/** The columns of a CSV file without quotes. */
async function readTable(name: string): Promise<Table> {
  const folder = dirname(dirname(createRequire(import.meta.url).resolve('vega-datasets')))
  const [header, ...rows] = (await readFile(join(folder, 'data', name), 'utf8'))
    .trim()
    .split(/\r?\n/)
    .map((line) => line.split(','))
  return new Map(header.map((column, index) => [column, rows.map((row) => row[index])]))
}

function replay(topic: string, period: number, table: Table, column: string, start?: number): Sensor {
  const dates = table.get('date')!
  const cells = table.get(column)!
  const begin = start ?? Date.parse(dates[0].length > 10 ? `${dates[0]}Z` : dates[0])
  let step = 0
  const next = () => {
    const time = begin + step * period
    const cell = cells[step++ % cells.length]
    const value = Number(cell)
    return cell === '' || !Number.isFinite(value) ? null : { time, value }
  }
  return { topic, period, patterned: period < DAY, next }
}
