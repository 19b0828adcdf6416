import { types } from 'node:util'
import { quote } from '../quote.ts'
import { readNumber } from './number.ts'
import { fromEpoch, readTime } from './time.ts'

/** A row of one measurement of one stream (`long`), or of several that were read at one time (`wide`). */
export interface Row {
  readonly kind: 'long' | 'wide'
  /** What the row says of the stream, its topic for instance; empty if nothing. */
  readonly key: string
  /** `undefined`: it says none. */
  readonly time: number | undefined
  /** By name; a long row has at most one. Empty where the row says that there was no value. */
  readonly values: readonly (readonly [name: string, value: number])[]
}

type Fields = Readonly<Record<string, unknown>>

/** What fields are called, without `_` in front and in any case; the first there is counts. */
const TIMES = ['time', 'timestamp', 'datetime', 'date', 'ts', 't']
const VALUES = ['value', 'payload', 'v']
/** In the order in which they make a key. */
const KEYS = [
  ...[
    'measurement',
    'topic',
    'device',
    'deviceid',
    'device_id',
    'host',
    'location',
    'room',
    'station',
    'source',
  ],
  ...[
    'sensor',
    'sensorid',
    'sensor_id',
    'entity_id',
    'channel',
    'series',
    'metric',
    'tag',
    'name',
    'id',
    'key',
    'field',
  ],
]
/** What Flux adds to its rows: no measurement, and no tag. */
const FLUX = new Set(['table', 'result', '_start', '_stop'])
/** Kinds of rows whose plan is kept, and characters of the names of one. */
const MAX_PLANS = 256
const MAX_NAMES = 4096

/** What the fields of a kind of row are, by their names. */
interface Plan {
  /** That may hold the time, and that may hold the value of a long row: the first that does counts. */
  readonly times: readonly string[]
  readonly values: readonly string[]
  readonly keys: readonly string[]
  readonly fields: readonly string[]
  readonly flux: boolean
}

const plans = new Map<string, Plan>()

/**
 * Reads one row: a number, `[time, value]`, or an object.
 *
 * An object with `value`, `_value` or `payload` is long: that is its number (or a text that is one); `v` is so if no other
 * field is a number. Any other is wide: each field that is a finite number is a value. `time`, `timestamp`, `datetime`,
 * `date`, `ts` (and `t`, if it can be one) are times; `topic`, `sensor`, `measurement`, `field` and the like say which
 * stream it is; in rows from Flux (with `_time`) all other texts do, too.
 * @returns the row, or a few words on why it is none
 */
export function readRow(value: unknown): Row | string {
  if (isPair(value)) return longRow('', readInstant(value[0]), value[1])
  if (typeof value !== 'object' || value === null) return longRow('', undefined, value)
  if (types.isDate(value) || ArrayBuffer.isView(value)) return `${quote(value)} is no row`
  return readFields(value as Fields)
}

/** Whether an array is `[time, value]`, rather than two rows. */
export function isPair(value: unknown): value is readonly [unknown, unknown] {
  return (
    Array.isArray(value) && value.length === 2 && readInstant(value[0]) !== undefined && !isList(value[1])
  )
}

/** Whether a value holds several. */
export function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (types.isTypedArray(value) && !types.isUint8Array(value))
}

/** Milliseconds since the epoch from a `Date`, a number (`fromEpoch`) or a text (`readTime`, day and month in order). */
export function readInstant(value: unknown): number | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return fromEpoch(Number(value))
  // Not instanceof: a function node's Date comes from another realm.
  if (types.isDate(value)) return Number.isNaN(value.getTime()) ? undefined : value.getTime()
  const time = typeof value === 'string' ? readTime(value) : undefined
  return time && time.monthFirst === time.dayFirst ? time.monthFirst : undefined
}

function readFields(row: Fields): Row | string {
  const plan = planOf(Object.keys(row))
  // `t` may just as well be a temperature.
  const timeName = plan.times.find((name) => plain(name) !== 't' || readInstant(row[name]) !== undefined)
  const time = timeName === undefined ? undefined : readInstant(row[timeName])
  if (timeName !== undefined && time === undefined)
    return `${quote(row[timeName])} is no time that can be read`
  const numbers = plan.fields.filter((name) => name !== timeName && isNumber(row[name]))
  const key = keyOf(row, plan)
  const valueName = plan.values.find(
    (name) => plain(name) !== 'v' || numbers.every((number) => number === name),
  )
  if (valueName !== undefined) return longRow(key, time, row[valueName])
  if (numbers.length > 0) {
    return { kind: 'wide', key, time, values: numbers.map((name) => [name, Number(row[name])]) }
  }
  const empty = time !== undefined && plan.fields.every((name) => name === timeName || isMissing(row[name]))
  return empty ? { kind: 'wide', key, time, values: [] } : `${quote(row)} has no number`
}

function planOf(names: readonly string[]): Plan {
  const kind = JSON.stringify(names)
  const known = plans.get(kind)
  if (known) return known
  const flux = names.includes('_time')
  const own = names.filter((name) => !(flux && FLUX.has(name)))
  const called = (words: readonly string[]): string[] =>
    words.flatMap((word) => own.filter((name) => plain(name) === word))
  const times = called(TIMES)
  const keys = called(KEYS)
  const fields = own.filter((name) => !keys.includes(name) && (!times.includes(name) || plain(name) === 't'))
  const plan = { times, values: called(VALUES), keys, fields, flux }
  if (plans.size >= MAX_PLANS) plans.clear()
  if (kind.length <= MAX_NAMES) plans.set(kind, plan)
  return plan
}

function plain(name: string): string {
  return (name.startsWith('_') ? name.slice(1) : name).toLowerCase()
}

function keyOf(row: Fields, { keys, fields, flux }: Plan): string {
  const labels = keys.filter((name) => isLabel(name, row[name]))
  if (flux) labels.push(...fields.filter((name) => typeof row[name] === 'string' && row[name] !== ''))
  return labels.map((name) => String(row[name])).join('/')
}

/** Databases number their rows in `id` or `_id`: such a number is no name of a stream. */
function isLabel(name: string, value: unknown): boolean {
  if (typeof value === 'string') return value !== '' && name !== '_id'
  return isNumber(value) && plain(name) !== 'id'
}

function longRow(key: string, time: number | undefined, value: unknown): Row | string {
  if (isMissing(value)) return { kind: 'long', key, time, values: [] }
  const number = typeof value === 'string' ? readNumber(value) : isNumber(value) ? Number(value) : undefined
  if (number === undefined) return `${quote(value)} is no number`
  return { kind: 'long', key, time, values: Number.isNaN(number) ? [] : [['value', number]] }
}

function isNumber(value: unknown): boolean {
  return (typeof value === 'number' || typeof value === 'bigint') && Number.isFinite(Number(value))
}

function isMissing(value: unknown): boolean {
  return value === null || value === undefined || Number.isNaN(value)
}
