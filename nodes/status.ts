import type { GruSpec } from '../src/engine/spec.ts'
import { placesOf } from '../src/forecast/format.ts'
import type { Forecast } from '../src/forecast/types.ts'
import type { NodeStatus } from './red.ts'

/** Node-RED cuts longer texts, and sends each change to every open editor. */
const MAX_TEXT = 20
const INTERVAL = 500

/** Milliseconds for which an alarm stays in sight. */
export const ALARM_SHOWN = 10_000

/** Shows the newest status, at most twice a second. */
export interface Status {
  /**
   * @param hold milliseconds for which nothing but another one that is held takes its place. @default 0
   */
  set(status: NodeStatus, hold?: number): void
  /** Shows nothing any more. */
  close(): void
}

export function createStatus(show: (status: NodeStatus) => void, interval: number = INTERVAL): Status {
  let shown: NodeStatus = {}
  let next: NodeStatus | undefined
  let alarm: { readonly status: NodeStatus; readonly hold: number } | undefined
  let timer: NodeJS.Timeout | undefined
  let holding: NodeJS.Timeout | undefined
  let closed = false

  const flush = (): void => {
    timer = undefined
    if (alarm) {
      next ??= shown
      shown = alarm.status
      clearTimeout(holding)
      holding = setTimeout(release, alarm.hold).unref()
      alarm = undefined
    } else {
      if (holding || !next) return
      const unchanged = same(next, shown)
      shown = next
      next = undefined
      if (unchanged) return
    }
    show(shown)
    timer = setTimeout(flush, interval).unref()
  }
  const release = (): void => {
    holding = undefined
    if (!timer) flush()
  }

  return {
    set(status, hold = 0) {
      if (closed) return
      if (hold > 0) alarm = { status, hold }
      else next = status
      if (!timer) flush()
    },
    close() {
      closed = true
      clearTimeout(timer)
      clearTimeout(holding)
    },
  }
}

const same = (a: NodeStatus, b: NodeStatus): boolean =>
  a.text === b.text && a.fill === b.fill && a.shape === b.shape

/** `warming 12/64` */
export function warmingStatus({ have, need }: { readonly have: number; readonly need: number }): NodeStatus {
  return { fill: 'yellow', shape: 'ring', text: `warming ${have}/${need}` }
}

/** `23.4 ±0.8`: the next step and half the width of its interval; a ring while the last value has the largest share. */
export function forecastStatus({ mean, lower, upper, model }: Forecast): NodeStatus {
  const text = formatInterval(mean[0], (upper[0] - lower[0]) / 2)
  return { fill: 'green', shape: model === 'naive' ? 'ring' : 'dot', text }
}

/** `anomaly 23.4`: the reading at which an alarm begins. */
export function anomalyStatus(value: number): NodeStatus {
  return { fill: 'red', shape: 'ring', text: `anomaly ${Number(value.toPrecision(4))}`.slice(0, MAX_TEXT) }
}

/** `2×64 · cpu:wasm`: layers and hidden units of a model and what runs it; a ring before its first step. */
export function modelStatus(
  { layers, hiddenSize }: GruSpec,
  device: string,
  shape: 'ring' | 'dot' = 'ring',
): NodeStatus {
  const size = `${layers}×${hiddenSize} · `
  const name = size.length + device.length > MAX_TEXT ? device.slice(device.indexOf(':') + 1) : device
  return { fill: 'green', shape, text: (size + name).slice(0, MAX_TEXT) }
}

/** `gpu:nvidia`: what runs a model from now on. */
export function deviceStatus(device: string): NodeStatus {
  return { fill: 'green', shape: 'ring', text: device.slice(0, MAX_TEXT) }
}

/** `2×64 · 1.2K steps` */
export function stepsStatus({ layers, hiddenSize }: GruSpec, steps: number): NodeStatus {
  const count = compact.format(steps)
  return { fill: 'green', shape: 'dot', text: `${layers}×${hiddenSize} · ${count} steps`.slice(0, MAX_TEXT) }
}

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

export function loadingStatus(): NodeStatus {
  return { fill: 'yellow', shape: 'ring', text: 'loading model' }
}

export function errorStatus(text: string): NodeStatus {
  return { fill: 'red', shape: 'ring', text: text.slice(0, MAX_TEXT) }
}

/** Both numbers to the places that the half width says something about. */
export function formatInterval(value: number, half: number): string {
  const places = placesOf(value, half)
  const text = `${value.toFixed(places)} ±${half.toFixed(places)}`
  return text.length <= MAX_TEXT ? text : `${value.toExponential(2)} ±${half.toExponential(0)}`
}
