/** Longest text that is looked at. */
const LONGEST = 40
const DIGITS = /^\d{9,20}(?:\.\d{1,9})?$/
const DATE = '(\\d{1,4})([-/.])(\\d{1,2})\\2(\\d{1,4})'
const CLOCK = '(\\d{1,2}):(\\d\\d)(?::(\\d\\d)(?:[.,](\\d{1,9}))?)?'
const ZONE = '(?: ?(?:[Zz]|UTC|([+-])(\\d\\d)(?::?(\\d\\d))?))?'
const HALF = '(?: ?([AaPp])[Mm])?'
const INSTANT = new RegExp(`^${DATE}(?:(?:[Tt]| {1,2})${CLOCK}${HALF}${ZONE})?$`)
const MONTH = /^(\d{4})-(\d\d)$/
/** Before it dates are placeholders, such as the year 1 of a clock never set. */
const FIRST_YEAR = 1000
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/**
 * An instant in milliseconds since the epoch. `dayFirst` is the same as `monthFirst` unless the text has day and month in
 * an order that it does not tell, as `3/4/2026` has; then each is NaN where there is no such day.
 */
export interface ReadTime {
  readonly monthFirst: number
  readonly dayFirst: number
}

/**
 * Reads an instant from a text; `undefined` where it names none.
 *
 * It may be ISO 8601 or like it (`2026-01-31`, `2026/1/31 8:05`, `2026-01-31T08:05:00.25+01:00`), with dots and the day
 * first (`31.01.2026 8:05`), with slashes or dashes and the year last (`1/31/2026 8:05 PM`), a month (`2026-01`), or a
 * number for `fromEpoch`. **Without a zone it is UTC**, a date alone midnight, a month its first day.
 */
export function readTime(text: string): ReadTime | undefined {
  if (text.length > LONGEST) return undefined
  const trimmed = text.trim()
  if (DIGITS.test(trimmed)) {
    const time = fromEpoch(Number(trimmed))
    return time === undefined ? undefined : { monthFirst: time, dayFirst: time }
  }
  const [, year, month] = MONTH.exec(trimmed) ?? []
  const match = INSTANT.exec(year === undefined ? trimmed : `${year}-${month}-01`)
  if (!match) return undefined
  const [, first, mark, second, third] = match
  const clock = clockOf(match)
  if (Number.isNaN(clock)) return undefined
  let monthFirst: number
  let dayFirst: number
  if (first.length === 4) {
    monthFirst = dayOf(first, second, third) + clock
    dayFirst = monthFirst
  } else {
    dayFirst = dayOf(third, second, first) + clock
    monthFirst = mark === '.' ? dayFirst : dayOf(third, first, second) + clock
  }
  return Number.isNaN(monthFirst) && Number.isNaN(dayFirst) ? undefined : { monthFirst, dayFirst }
}

/**
 * An instant from a number, by magnitude: from 1e8 below 1e11 it is seconds, from there below 1e14 milliseconds, below
 * 1e17 microseconds, below 1e20 nanoseconds: each 1973 to 5138. All else is `undefined`.
 */
export function fromEpoch(value: number): number | undefined {
  if (!(value >= 1e8 && value < 1e20)) return undefined
  if (value < 1e11) return value * 1000
  if (value < 1e14) return value
  return value < 1e17 ? value / 1000 : value / 1e6
}

/** An instant for a message: ISO 8601, UTC. */
export function showTime(time: number): string {
  return new Date(time).toISOString()
}

/** Midnight of a day, NaN where there is no such day. */
function dayOf(yearText: string, monthText: string, dayText: string): number {
  const year = Number(yearText)
  const month = Number(monthText)
  const day = Number(dayText)
  if (yearText.length !== 4 || year < FIRST_YEAR || dayText.length > 2) return Number.NaN
  const time = Date.UTC(year, month - 1, day)
  const date = new Date(time)
  // Date.UTC takes 31 April for 1 May.
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? time : Number.NaN
}

/** Milliseconds from midnight UTC of the day that the text names, NaN where there is no such time of day. */
function clockOf(match: RegExpExecArray): number {
  const [
    ,
    ,
    ,
    ,
    ,
    hours = '0',
    minutes = '0',
    seconds = '0',
    fraction = '',
    half,
    sign,
    zoneHours = '0',
    zoneMinutes = '0',
  ] = match
  const hour = half === undefined ? Number(hours) : hourOf(Number(hours), half)
  const time = hour * HOUR + Number(minutes) * MINUTE + Number(`${seconds}.${fraction}0`) * 1000
  if (Number(minutes) > 59 || Number(seconds) > 59 || !(time <= DAY)) return Number.NaN
  const zone = Number(zoneHours) * HOUR + Number(zoneMinutes) * MINUTE
  if (Number(zoneMinutes) > 59 || zone > DAY) return Number.NaN
  return time - (sign === '-' ? -zone : zone)
}

/** Hour of the day from one of a clock with twelve; NaN where that has no such hour. */
function hourOf(hour: number, half: string): number {
  if (hour < 1 || hour > 12) return Number.NaN
  return (hour % 12) + (/p/i.test(half) ? 12 : 0)
}
