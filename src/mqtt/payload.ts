import { types } from 'node:util'
import { quote } from '../quote.ts'
import { toTime } from './time.ts'

const MAX_SIZE = 65_536
const MAX_DEPTH = 32
const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/
/** ISO 8601 without a zone, such as Tasmota's `Time`: local to a device whose zone nobody knows. */
const LOCAL = /^\d{4}-\d\d-\d\d(?:[Tt ]\d\d:[\d:.]*)?$/
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
  /**
   * Dotted path to its time; a payload without a usable time there is refused. `null`: any time in the payload
   * is left alone. @default found by the rules
   */
  readonly timePath?: string | null
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
 * send beside (`linkquality`, `battery`, `voltage` …) are set aside. Everything else is an error with the
 * reason: other text, `null`, booleans, arrays, NaN and infinities, several numbers, more than 64 KB or 32
 * levels.
 *
 * Its time is at `timePath`, else in `timestamp`, `time`, `ts`, `t` or `last_seen`: seconds since the epoch
 * from 1e8 below 1e11, milliseconds from 1e11 below 1e14, text of such a number, a `Date`, or ISO 8601 text
 * with a zone. Without one, or with ISO 8601 text without a zone, the time is that of the arrival; with
 * anything else under these names the reading is refused, unless it is itself that number, or a number
 * within ±1e8 in `t`, which may be a temperature.
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
    const wanted = path ?? timePath ?? undefined
    if (wanted !== undefined) throw new TypeError(`path ${quote(wanted)} needs an object, got ${root}`)
    return { value: root }
  }
  const [found, holder] = path === undefined ? [root, root] : follow(root, path)
  const value = isFields(found) ? pick(found) : toNumber(found, path)
  if (timePath === null) return { value }
  if (timePath === undefined) {
    const time = findTime([isFields(found) ? found : holder, root], value)
    return time === undefined ? { value } : { value, time }
  }
  const [told] = follow(root, timePath)
  const time = toTime(told)
  if (time === undefined) throw noTime(`time at ${quote(timePath)}`, told)
  return { value, time }
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

function isNumeric(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'string' && DECIMAL.test(value.trim()))
}

/** The number that a value is or spells; no other kind of value is turned into one. */
function toNumber(value: unknown, name?: string): number {
  const subject = name === undefined ? 'payload' : quote(name)
  if (!isNumeric(value)) throw new TypeError(`${subject} must be a number, got ${quote(value)}`)
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

/** The names on a dotted path. @throws RangeError naming a path that cannot lead anywhere */
export function splitPath(path: unknown): string[] {
  const names = typeof path === 'string' ? path.split('.') : []
  if (names.length > 0 && names.every((name) => name !== '' && !FORBIDDEN.has(name))) return names
  const forbidden = [...FORBIDDEN].join(', ')
  throw new RangeError(`path must be names with dots between them, none of ${forbidden}, got ${quote(path)}`)
}

/** What lies at a dotted path, and the fields that hold it; own fields only. */
function follow(root: Fields, path: string): [found: unknown, holder: Fields] {
  let holder = root
  let found: unknown = root
  for (const name of splitPath(path)) {
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

/** The first usable time in the places given, nearest first. @throws TypeError when there are only others */
function findTime(places: readonly Fields[], value: number): number | undefined {
  let wrong: TypeError | undefined
  for (const fields of places) {
    for (const name of TIME_NAMES) {
      const told = Object.hasOwn(fields, name) ? fields[name] : undefined
      const time = toTime(told)
      if (time !== undefined) return time
      if (!mayStand(told, value)) wrong ??= noTime(quote(name), told)
    }
  }
  if (wrong) throw wrong
  return undefined
}

/** Whether what is no time says nothing wrong: there is none, its zone is unknown, it counts from boot or means another thing. */
function mayStand(told: unknown, value: number): boolean {
  if (told === undefined || told === null) return true
  if (typeof told === 'string' && LOCAL.test(told)) return true
  // A clock that was never set counts up from 0; `t` may be a temperature.
  return isNumeric(told) && (Number(told) === value || Math.abs(Number(told)) < 1e8)
}

function noTime(subject: string, told: unknown): TypeError {
  return new TypeError(`${subject} is no epoch time or ISO 8601 with zone: ${quote(told)}`)
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
