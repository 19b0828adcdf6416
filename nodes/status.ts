import type { GruSpec } from '../src/engine/spec.ts'
import { placesOf } from '../src/forecast/format.ts'
import type { Forecast } from '../src/forecast/types.ts'
import type { NodeStatus } from './red.ts'

/** Node-RED cuts longer texts, and sends each change to every open editor. */
const MAX_TEXT = 20
const INTERVAL = 500

/** Shows the newest status, at most twice a second. */
export interface Status {
  set(status: NodeStatus): void
  /** Shows nothing any more. */
  close(): void
}

export function createStatus(show: (status: NodeStatus) => void, interval: number = INTERVAL): Status {
  let shown: NodeStatus = {}
  let next: NodeStatus | undefined
  let timer: NodeJS.Timeout | undefined
  let closed = false

  const flush = (): void => {
    timer = undefined
    if (!next) return
    shown = next
    next = undefined
    show(shown)
    timer = setTimeout(flush, interval).unref()
  }

  return {
    set(status) {
      if (closed) return
      next = same(status, shown) ? undefined : status
      if (!timer) flush()
    },
    close() {
      closed = true
      clearTimeout(timer)
    },
  }
}

const same = (a: NodeStatus, b: NodeStatus): boolean =>
  a.text === b.text && a.fill === b.fill && a.shape === b.shape

/** `warming 12/64` */
export function warmingStatus({ have, need }: { readonly have: number; readonly need: number }): NodeStatus {
  return { fill: 'yellow', shape: 'ring', text: `warming ${have}/${need}` }
}

/** `23.4 ±0.8`: the next step and half the width of its interval; a ring while the last value speaks. */
export function forecastStatus({ mean, lower, upper, model }: Forecast): NodeStatus {
  const text = formatInterval(mean[0], (upper[0] - lower[0]) / 2)
  return { fill: 'green', shape: model === 'gru' ? 'dot' : 'ring', text }
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
