import { setImmediate } from 'node:timers/promises'
import { createRandom } from '../../dist/src/engine/random.js'
import { createForecastModel } from '../../dist/src/index.js'
import { initialiseNet } from '../../dist/src/learn/segment/initialise.js'
import { drawColumns } from './learning.mjs'

const HOUR = 3_600_000
/** Readings between two turns of the event loop, in which what the training thread has learned arrives. */
const TURN = 500
/** The net of a model with default settings that was fitted to hourly readings. */
const SPEC = { segment: 24, horizon: 24, hiddenSize: 32, seasonal: false, scale: 'running', channels: 1 }
/** Rows by which a stream is before the last one of the same column. */
const APART = 37

const columns = drawColumns()

/** The value of a stream at a step: a column with a day and a week, each stream from another row on. */
export function valueAt(stream, step) {
  const { values } = columns[stream % columns.length]
  return values[(step + APART * stream) % values.length]
}

export function fittedModel() {
  const weights = Float32Array.from(initialiseNet(SPEC, createRandom(1)))
  return { spec: SPEC, weights, channels: [{ key: 'another', unit: 1, season: 24 }] }
}

/**
 * Live streams of a model with default settings, which begins with a fitted net.
 * @returns push(count, streams): gives so many readings to the first `streams` of them in turn, each a step further
 */
export function openStreams({ learn = true } = {}) {
  const model = createForecastModel({ learn })
  model.adopt(fittedModel(), null)
  const streams = model.streams()
  const steps = []
  let next = 0
  const pushOne = (stream) => {
    const step = steps[stream] ?? 0
    steps[stream] = step + 1
    return streams.push(`line/${stream}`, valueAt(stream, step), 1.7e12 + step * HOUR)
  }
  return {
    model,
    streams,
    async push(count, { from = 0, to }) {
      for (let i = 0; i < count; i++) {
        const { skipped } = pushOne(from + (next++ % (to - from)))
        if (skipped && skipped.reason !== 'warming') throw new Error(skipped.message)
        if (i % TURN === 0) await setImmediate()
      }
    },
    /** Settles when no fit is under way. */
    async rested() {
      while (model.training.state === 'fitting') await setImmediate()
    },
  }
}
