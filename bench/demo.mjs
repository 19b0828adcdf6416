// Watches a running `npm start`: seconds until the first forecast, then the skill of what was emitted, topic by topic.
// node bench/demo.mjs [--broker mqtt://127.0.0.1:1883] [--readings 2000]
import { parseArgs } from 'node:util'
import { connectAsync } from 'mqtt'

const { values } = parseArgs({
  options: {
    broker: { type: 'string', default: 'mqtt://127.0.0.1:1883' },
    readings: { type: 'string', default: '2000' },
  },
})
const wanted = Number(values.readings)
const started = performance.now()
const client = await connect()
const topics = new Map()
let first = true

await client.subscribeAsync('forecast/#')
client.on('message', (topic, payload) => {
  if (first)
    console.log(
      `first forecast ${((performance.now() - started) / 1000).toFixed(1)} s after the start: ${topic}`,
    )
  first = false
  const forecast = JSON.parse(payload.toString())
  if (!topics.has(topic)) topics.set(topic, createScore())
  topics.get(topic).take(forecast)
  if ([...topics.values()].every((score) => score.steps >= wanted)) report()
})
process.on('SIGINT', report)

/** The broker may not be up yet. */
async function connect() {
  const client = await connectAsync(values.broker, { reconnectPeriod: 200 }, true)
  client.on('error', () => {})
  return client
}

function report() {
  console.table(Object.fromEntries([...topics].map(([topic, score]) => [topic, score.result()])))
  process.exit(0)
}

/** Scores forecasts of one topic against the values observed at later steps. */
function createScore() {
  const open = new Map()
  const sums = { error: 0, naive: 0, inside: 0, count: 0, gru: 0, forecasts: 0 }
  let restarts = 0
  return {
    steps: 0,
    take(forecast) {
      const { mean, lower, upper, last, counts } = forecast
      this.steps = counts.accepted + counts.filled
      if (counts.restarts !== restarts) open.clear()
      restarts = counts.restarts
      for (const [step, then] of open) {
        const h = this.steps - step - 1
        if (h >= then.mean.length) open.delete(step)
        else {
          sums.error += Math.abs(last - then.mean[h])
          sums.naive += Math.abs(last - then.last)
          sums.inside += last >= then.lower[h] && last <= then.upper[h] ? 1 : 0
          sums.count++
        }
      }
      open.set(this.steps, { mean, lower, upper, last })
      sums.forecasts++
      for (const { name, share } of forecast.experts) if (name.endsWith('gru')) sums.gru += share
    },
    result() {
      return {
        steps: this.steps,
        skill: round(1 - sums.error / sums.naive),
        coverage: round(sums.inside / sums.count),
        gru: round(sums.gru / sums.forecasts),
      }
    },
  }
}

function round(value) {
  return Math.round(1000 * value) / 1000
}
