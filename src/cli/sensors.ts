import { createRandom, type Random } from '../engine/random.ts'
import type { Reading } from '../forecast/types.ts'

/** One sensor that is read step by step; no timers, no clock. */
export interface Sensor {
  readonly topic: string
  /** Whether there is something to forecast: a random walk has nothing. */
  readonly patterned: boolean
  /** Simulated ms from one reading to the next. */
  readonly period: number
  /** The next reading; null where it went missing. Time goes on either way. */
  next(): Reading | null
}

export interface PlantOptions {
  /** @default 1 */
  readonly seed?: number
  /** Simulated time of the first reading, ms since the epoch. @default Monday 2026-01-05 00:00 UTC */
  readonly start?: number
}

export const HOUR = 3_600_000
export const DAY: number = 24 * HOUR
const QUARTER = HOUR / 4

/** Monday 2026-01-05 00:00 UTC. */
export const PLANT_START: number = Date.UTC(2026, 0, 5)

/** Readings of `plant/pump/vibration` between which its bearing wears out, sticks and is replaced. */
export const PUMP_FAULT: { ramp: number; stuck: number; repaired: number } = {
  ramp: 1200,
  stuck: 1360,
  repaired: 1400,
}

/** Six sensors of a plant: the same readings for the same seed and start. */
export function simulatedPlant(options: PlantOptions = {}): Sensor[] {
  const { seed = 1, start = PLANT_START } = options
  const plan: [topic: string, period: number, patterned: boolean, signal: (random: Random) => Signal][] = [
    ['plant/boiler/temperature', QUARTER, true, boilerTemperature],
    ['plant/hall/power', QUARTER, true, hallPower],
    ['plant/tank/level', HOUR, true, tankLevel],
    ['plant/air/humidity', HOUR, true, airHumidity],
    ['plant/pump/vibration', QUARTER, false, pumpVibration],
    ['plant/line/pressure', QUARTER, false, linePressure],
  ]
  return plan.map(([topic, period, patterned, signal], index) => {
    const seedOfSensor = (Math.imul(seed, 0x9e3779b1) + index) >>> 0
    const value = signal(createRandom(seedOfSensor))
    const missing = gaps(createRandom(~seedOfSensor >>> 0))
    let step = 0
    const next = (): Reading | null => {
      const time = start + step * period
      const reading = { time, value: Number(value(time, step++).toPrecision(6)) }
      return missing() ? null : reading
    }
    return { topic, period, patterned, next }
  })
}

/** Value at a time, called once for every step in order. */
type Signal = (time: number, step: number) => number

const hourOfDay = (time: number): number => (time % DAY) / HOUR
/** 0 = Monday; the epoch began on a Thursday. */
const weekday = (time: number): number => (Math.floor(time / DAY) + 3) % 7
/** Rises smoothly from 0 to 1 around `at`, within about 4 × `width`. */
const rise = (x: number, at: number, width: number): number => 1 / (1 + Math.exp((at - x) / width))
const daily = (time: number, peak: number): number => Math.cos((2 * Math.PI * (hourOfDay(time) - peak)) / 24)

/** Noise that remembers: x' = φ·x + σ·e. φ near 1 gives a slow drift. */
function autoregressive(random: Random, phi: number, sigma: number): () => number {
  let x = 0
  return () => {
    x = phi * x + sigma * random.normal()
    return x
  }
}

/** About 1 in 100 readings alone and, 4 times in 1000, a burst of 2 to 5. */
function gaps(random: Random): () => boolean {
  let left = 0
  return () => {
    if (left > 0) {
      left--
      return true
    }
    const draw = random.uniform()
    if (draw < 0.002) left = 1 + Math.floor(random.uniform() * 4)
    return draw < 0.01
  }
}

/** °C: warm by day, with a short boost at 05:00, over a slow drift. */
function boilerTemperature(random: Random): Signal {
  const drift = autoregressive(random, 0.999, 0.08)
  return (time) => {
    const hour = hourOfDay(time)
    const boost = 4 * Math.exp(-((hour - 5) ** 2) / 0.8)
    return 62 + 6 * daily(time, 15) + boost + drift() + 0.7 * random.normal()
  }
}

/** kW: two shifts, a dip at noon, half of it on Saturday, base load on Sunday; each day begins a little off time. */
function hallPower(random: Random): Signal {
  const load = autoregressive(random, 0.9, 1.4)
  let day = -1
  let offset = 0
  return (time) => {
    if (day !== weekday(time)) {
      day = weekday(time)
      offset = 0.25 * random.normal()
    }
    const hour = hourOfDay(time) - offset
    const shift =
      rise(hour, 6, 0.3) * (1 - rise(hour, 21, 0.4)) * (1 - 0.3 * Math.exp(-((hour - 12.5) ** 2) / 0.3))
    const busy = [1, 1.05, 1.05, 1, 0.9, 0.5, 0.04][day]
    return 12 + 48 * busy * shift + load() + 1.5 * random.normal()
  }
}

/** %: drained by the day's demand, filled every night from 01:00 to 04:00. */
function tankLevel(random: Random): Signal {
  const unsteady = autoregressive(random, 0.8, 0.25)
  let level = 70
  return (time) => {
    const hour = hourOfDay(time)
    const demand = 1.4 + 2.6 * rise(hour, 6, 0.7) * (1 - rise(hour, 19, 0.7)) + unsteady()
    const filling = hour >= 1 && hour < 4 ? (95 - level) / (4 - hour) : 0
    level = Math.min(98, Math.max(3, level + (filling || -demand)))
    return level + 1.2 * random.normal()
  }
}

/** % relative humidity: the mirror of the day's warmth, under weather that lasts for hours. */
function airHumidity(random: Random): Signal {
  const weather = autoregressive(random, 0.8, 1.8)
  const season = autoregressive(random, 0.995, 0.2)
  return (time) => Math.min(100, 56 - 13 * daily(time, 15) - 3 * daily(2 * time, 4) + weather() + season())
}

/** mm/s: noise around a level, until the bearing wears out, the sensor sticks and both are replaced. */
function pumpVibration(random: Random): Signal {
  const level = autoregressive(random, 0.98, 0.02)
  const { ramp, stuck, repaired } = PUMP_FAULT
  let last = 0
  return (_time, step) => {
    const wear = step >= ramp && step < repaired ? (3 * (step - ramp)) / (stuck - ramp) : 0
    const value = Math.max(0.1, 2.2 + level() + wear + 0.15 * random.normal())
    if (step < stuck || step >= repaired) last = value
    return last
  }
}

/** bar: a random walk between two valves. The last value is the best forecast there is. */
function linePressure(random: Random): Signal {
  let pressure = 6
  return () => {
    pressure += 0.02 * random.normal()
    if (pressure < 3) pressure = 6 - pressure
    if (pressure > 9) pressure = 18 - pressure
    return pressure
  }
}
