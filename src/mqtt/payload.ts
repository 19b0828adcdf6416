import { types } from 'node:util'
import { quote } from './quote.ts'
import { toTime } from './time.ts'

const MAX_SIZE = 65_536
const MAX_DEPTH = 32
const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/
const TIME_NAMES: readonly string[] = ['timestamp', 'time', 'ts', 't', 'last_seen']
/** What devices send beside their reading: the health of radio and supply. */
const ASIDE: ReadonlySet<string> = new Set([
  'linkquality',
  'lqi',
  'rssi',
  'snr',
  'battery',
  'battery_voltage',
  'voltage',
  'device_temperature',
  'power_outage_count',
  'uptime',
  'seq',
])
const FORBIDDEN: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

export interface PayloadOptions {
  /** Dotted path to the reading within an object, such as `AM2301.Temperature`. @default found by the rules */
  readonly path?: string
  /** Dotted path to its time; a payload without a usable time there is refused. @default found by the rules */
  readonly timePath?: string
}

/** A number and perhaps its time in ms since the epoch, or the reason why there is none. */
export type ParsedPayload =
  | { readonly value: number; readonly time?: number; readonly error?: undefined }
  | { readonly value?: undefined; readonly time?: undefined; readonly error: Error }

type Fields = Readonly<Record<string, unknown>>

/**
 * Reads a number, and its time if it has one, from the payload of a message; never throws, never guesses.
 *
 * Numbers, decimal text and bytes of such text stand for themselves. In an object, or JSON text of one, the
 * reading is at `path`, else in `value` or `v`, else the only number left once the time and what devices
 * send beside (`linkquality`, `battery`, `voltage` …) are set aside. Its time is at `timePath`, else in
 * `timestamp`, `time`, `ts`, `t` or `last_seen` as {@link toTime} reads them; without one, the reading's
 * time is that of its arrival. Everything else is an error with the reason: other text, `null`, booleans,
 * arrays, NaN and infinities, several numbers, more than 64 KB or 32 levels.
 *
 * @example
 * parsePayload('21.5') // { value: 21.5 }
 * parsePayload(Buffer.from('{"v":21.5,"t":1700000000}')) // { value: 21.5, time: 1700000000000 }
 * parsePayload({ AM2301: { Temperature: 22.6 } }, { path: 'AM2301.Temperature' }) // { value: 22.6 }
 * parsePayload(null).error?.message // 'payload must be a number, got null'
 */
export function parsePayload(payload: unknown, options: PayloadOptions = {}): ParsedPayload {
  try {
    return read(payload, options)
  } catch (thrown) {
    return { error: thrown instanceof Error ? thrown : new TypeError('payload cannot be read') }
  }
}

function read(payload: unknown, { path, timePath }: PayloadOptions): ParsedPayload {
  const root = decode(payload)
  if (typeof root === 'number') {
    const wanted = path ?? timePath
    if (wanted !== undefined) throw new TypeError(`path ${quote(wanted)} needs an object, got ${root}`)
    return { value: root }
  }
  const [found, holder] = path === undefined ? [root, root] : follow(root, path)
  const [value, time] = isFields(found)
    ? [pick(found), timeOf(found) ?? timeOf(root)]
    : [toNumber(found, path), timeOf(holder) ?? timeOf(root)]
  if (timePath === undefined) return time === undefined ? { value } : { value, time }
  const [instant] = follow(root, timePath)
  const told = toTime(instant)
  if (told === undefined) {
    throw new TypeError(
      `time at ${quote(timePath)} is no epoch time or ISO 8601 with zone: ${quote(instant)}`,
    )
  }
  return { value, time: told }
}

/** A finite number, or fields known to be small and shallow. */
function decode(payload: unknown): number | Fields {
  if (types.isUint8Array(payload)) {
    if (payload.byteLength > MAX_SIZE) throw tooLarge()
    return decodeText(new TextDecoder().decode(payload))
  }
  if (typeof payload === 'string') return decodeText(payload)
  if (!isFields(payload)) return toNumber(payload)
  measure(payload)
  return payload
}

function decodeText(text: string): number | Fields {
  if (text.length > MAX_SIZE) throw tooLarge()
  const trimmed = text.trim()
  if (trimmed === '') throw new TypeError('payload is empty')
  if (!trimmed.startsWith('{')) return toNumber(trimmed)
  let fields: Fields
  try {
    fields = JSON.parse(trimmed)
  } catch {
    throw new TypeError(`payload is neither a number nor JSON: ${quote(text)}`)
  }
  measure(fields)
  return fields
}

/** The number that a value is or spells; no other kind of value is turned into one. */
function toNumber(value: unknown, name?: string): number {
  const subject = name === undefined ? 'payload' : quote(name)
  const spelled = typeof value === 'string' && DECIMAL.test(value.trim())
  if (typeof value !== 'number' && !spelled) {
    throw new TypeError(`${subject} must be a number, got ${quote(value)}`)
  }
  const number = Number(value)
  if (!Number.isFinite(number)) throw new RangeError(`${subject} must be finite, got ${quote(value)}`)
  return number
}

/** Refuses fields that are large, deep, cyclic or named `__proto__`, before anything else looks at them. */
function measure(root: Fields): void {
  let room = MAX_SIZE
  const visit = (value: unknown, depth: number): void => {
    room -= typeof value === 'string' ? value.length + 1 : 1
    if (room < 0) throw tooLarge()
    if (typeof value !== 'object' || value === null) return
    if (depth > MAX_DEPTH) throw new RangeError(`payload is nested deeper than ${MAX_DEPTH} levels`)
    if (ArrayBuffer.isView(value)) {
      room -= value.byteLength
      return
    }
    if (Array.isArray(value) && value.length > room) throw tooLarge()
    for (const name of Object.keys(value)) {
      if (name === '__proto__') throw new TypeError('payload has a field named "__proto__"')
      room -= name.length
      visit((value as Fields)[name], depth + 1)
    }
  }
  visit(root, 1)
}

/** What lies at a dotted path, and the fields that hold it; own fields only. */
function follow(root: Fields, path: string): [found: unknown, holder: Fields] {
  let holder = root
  let found: unknown = root
  for (const name of path.split('.')) {
    if (FORBIDDEN.has(name)) throw new TypeError(`path must not name ${quote(name)}, got ${quote(path)}`)
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) {
      throw new TypeError(`path ${quote(path)} leads to nothing in ${quote(root)}`)
    }
    holder = found as Fields
    found = holder[name]
  }
  return [found, holder]
}

/** The one reading among fields. */
function pick(fields: Fields): number {
  for (const name of ['value', 'v']) {
    if (Object.hasOwn(fields, name)) return toNumber(fields[name], name)
  }
  const names = Object.keys(fields).filter((name) => typeof fields[name] === 'number')
  const readings = names.filter(
    (name) => !ASIDE.has(name) && !(TIME_NAMES.includes(name) && toTime(fields[name]) !== undefined),
  )
  if (readings.length === 1) return toNumber(fields[readings[0]], readings[0])
  if (readings.length > 1) {
    throw new TypeError(`payload holds several numbers, name one by path: ${list(readings)}`)
  }
  throw new TypeError(
    names.length > 0
      ? `payload holds no number but ${list(names)}, name one by path`
      : `payload holds no number, got ${quote(fields)}`,
  )
}

function timeOf(fields: Fields): number | undefined {
  for (const name of TIME_NAMES) {
    const time = Object.hasOwn(fields, name) ? toTime(fields[name]) : undefined
    if (time !== undefined) return time
  }
  return undefined
}

function isFields(value: unknown): value is Fields {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !ArrayBuffer.isView(value) &&
    // Not instanceof: a function node's Date comes from another realm.
    !types.isDate(value)
  )
}

function list(names: readonly string[]): string {
  return names.slice(0, 8).map(quote).join(', ') + (names.length > 8 ? ', …' : '')
}

function tooLarge(): RangeError {
  return new RangeError(`payload is larger than ${MAX_SIZE} bytes`)
}
