import { createForecastModel } from '../../dist/src/index.js'
import { drawColumns, SPEC } from '../lib/learning.mjs'
import { firstWeights } from './learning.mjs'

const HOUR = 3_600_000
/** Readings of each stream before it is measured: it forecasts by then. */
const BEFORE = 500

/** A forecast model without learning: a step takes one reading of one stream and gives its forecast. */
export function open() {
  const columns = drawColumns()
  const model = createForecastModel({ horizon: SPEC.horizon, hiddenSize: SPEC.hiddenSize, learn: false })
  const channels = columns.map(({ name }) => ({ key: name, unit: 1, season: SPEC.segment }))
  model.adopt({ spec: SPEC, weights: firstWeights(), channels }, null)
  const streams = model.streams({ period: HOUR })
  let next = 0
  const step = () => {
    const row = Math.floor(next / columns.length)
    const { name, values } = columns[next % columns.length]
    next++
    return streams.push(name, values[row % values.length], row * HOUR)
  }
  for (let i = 1; i < BEFORE * columns.length; i++) step()
  const { forecast, skipped } = step()
  if (forecast?.mean.length !== SPEC.horizon) throw new Error(`no forecast: ${skipped?.message}`)
  return { name: 'GRUflow, a reading', step }
}
