/** Where values lie in a picture. */
export interface Axis {
  readonly min: number
  readonly max: number
  /** Place of a value in the picture, to a tenth of a unit. */
  at(value: number): number
}

/** A mark on an axis. */
export interface Tick {
  readonly value: number
  readonly label: string
}

/** Values beyond it are drawn there, so that no difference overflows. */
const LARGEST = 1e300
/** Least share of the largest value that a range has: less than that is noise of the number format. */
const NARROWEST = 1e-6
const DAY = 86_400_000
const MINUTE = 60_000
/** From here on numbers are written with an exponent. */
const LONG = 1e7

/** From `min` at the place `from` to `max` at the place `to`; a range that is too narrow is widened. */
export function axis(min: number, max: number, from: number, to: number): Axis {
  let [low, high] = [clamp(min), clamp(max)]
  const largest = Math.max(Math.abs(low), Math.abs(high))
  if (!(high - low > largest * NARROWEST)) {
    const margin = largest * NARROWEST * 10 || 1
    low -= margin
    high += margin
  }
  return {
    min: low,
    max: high,
    at: (value) => Math.round(10 * (from + ((clamp(value) - low) / (high - low)) * (to - from))) / 10,
  }
}

/** Round values within an axis, about `most` of them, 1, 2 or 5 times a power of ten apart. */
export function ticks({ min, max }: Axis, most: number): Tick[] {
  const step = roundStep((max - min) / most)
  const list: Tick[] = []
  for (let k = Math.ceil(min / step); k <= Math.floor(max / step) && list.length < 2 * most; k++) {
    list.push({ value: k * step, label: labelOf(k * step, step) })
  }
  return list
}

/** The nearest round number, as a ratio. */
function roundStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough))
  const off = (n: number): number => Math.abs(Math.log(rough / (n * power)))
  return [1, 2, 5, 10].reduce((best, n) => (off(n) < off(best) ? n : best)) * power
}

function labelOf(value: number, step: number): string {
  const places = Math.max(0, -Math.floor(Math.log10(step)))
  return Math.abs(value) >= LONG || places > 6 ? value.toExponential(3) : (value || 0).toFixed(places)
}

/** Rows within an axis, about `most` of them and equally far apart, by their time where there are times. */
export function rowTicks({ min, max }: Axis, times: Float64Array | null, most: number): Tick[] {
  const first = Math.ceil(min)
  const last = Math.floor(max)
  const step = Math.max(1, Math.ceil((last - first) / most))
  const list: Tick[] = []
  for (let row = first; row <= last; row += step) {
    const time = times?.[row]
    list.push({
      value: row,
      label: time === undefined ? String(row) : timeLabel(time, times as Float64Array, step),
    })
  }
  return list
}

/** To the day, the minute or the second, whatever tells the ticks apart. */
function timeLabel(time: number, times: Float64Array, step: number): string {
  const date = new Date(time)
  if (Number.isNaN(date.getTime())) return String(time)
  const text = date.toISOString()
  const period = ((times[times.length - 1] - times[0]) / Math.max(1, times.length - 1)) * step
  if (period >= 2 * DAY) return text.slice(0, -14)
  return text.slice(0, period >= MINUTE ? -8 : -1).replace('T', ' ')
}

const clamp = (value: number): number => Math.min(Math.max(value, -LARGEST), LARGEST)
