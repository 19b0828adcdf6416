// Skill of the emitted forecasts against naive on the demo's simulated sensors, without waiting for the sensors: only
// for fits, and for the rest that the trainer takes after each. For `npm start` itself see demo.mjs.
// node bench/skill.mjs [--readings 2000] [--seed 1]     (after npm run build)
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { simulatedPlant } from '../dist/src/cli/sensors.js'
import { createForecastModel } from '../dist/src/index.js'

const { values } = parseArgs({
  options: { readings: { type: 'string', default: '2000' }, seed: { type: 'string', default: '1' } },
})
const model = createForecastModel()
const streams = model.streams()
const sensors = simulatedPlant({ seed: Number(values.seed) })
const scores = new Map(sensors.map(({ topic }) => [topic, createScore()]))
let microseconds = 0
let readings = 0

for (let i = 0; i < Number(values.readings); i++) {
  for (const sensor of sensors) {
    const reading = sensor.next()
    if (!reading) continue
    const started = process.hrtime.bigint()
    const { forecast } = streams.push(sensor.topic, reading.value, reading.time)
    microseconds += Number(process.hrtime.bigint() - started) / 1000
    readings++
    scores.get(sensor.topic).take(reading, forecast)
  }
  if (model.training.state === 'fitting') {
    const begun = performance.now()
    while (model.training.state === 'fitting') await setTimeout(5)
    await setTimeout(2.1 * (performance.now() - begun))
  }
  if (model.training.state === 'failed') throw model.training.error
}
console.log(`${model.version} fits, ${(microseconds / readings).toFixed(1)} µs per reading`)
console.table(Object.fromEntries([...scores].map(([topic, score]) => [topic, score.result()])))
await model.close()

/** Scores every emitted forecast against the readings that came later. */
function createScore() {
  const open = new Map()
  const sums = { error: 0, naive: 0, inside: 0, count: 0, late: { error: 0, naive: 0 } }
  let seen = 0
  let gru = 0
  let forecasts = 0
  return {
    take({ time, value }, forecast) {
      seen++
      for (const { mean, lower, upper, last, h } of open.get(time) ?? []) {
        const error = Math.abs(value - mean[h])
        sums.error += error
        sums.naive += Math.abs(value - last)
        sums.inside += value >= lower[h] && value <= upper[h] ? 1 : 0
        sums.count++
        if (seen > 1000) {
          sums.late.error += error
          sums.late.naive += Math.abs(value - last)
        }
      }
      open.delete(time)
      if (!forecast) return
      forecasts++
      if (forecast.model === 'gru') gru++
      for (let h = 0; h < forecast.mean.length; h++) {
        const due = Math.round(forecast.cutoff + (h + 1) * forecast.period)
        if (!open.has(due)) open.set(due, [])
        open.get(due).push({ ...forecast, h })
      }
    },
    result: () => ({
      readings: seen,
      skill: round(1 - sums.error / sums.naive),
      'skill after 1000': round(1 - sums.late.error / sums.late.naive),
      coverage: round(sums.inside / sums.count),
      gru: round(gru / forecasts),
    }),
  }
}

function round(value) {
  return Math.round(1000 * value) / 1000
}
