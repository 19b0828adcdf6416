// Sends readings through a broker and counts what comes back, told what to do by one line of JSON at a time: see ../e2e.mjs.
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { connectAsync } from 'mqtt'
import { ANSWER } from '../lib/child.mjs'
import { SENSORS, topicIn, topicOut } from '../lib/e2eFlow.mjs'

/** Messages under way, unless something else is asked for. */
const WINDOW = 64
/** Milliseconds without an end after which something is wrong. */
const PATIENCE = 20_000
/** Steps of each sensor that are sent without waiting for answers, some at once. */
const FIRST = 200
const AT_ONCE = 2
/** Milliseconds that a first fit may take. */
const FIT = 120_000
/** Milliseconds from one reading of a sensor to the next, and when the first was. */
const PERIOD = 60_000
const START = 1.7e12

let client
let received = () => {}
/** Readings sent so far, by topic of the answers. */
const sent = new Map()

const tasks = {
  async open({ port }) {
    client = await connectAsync(`mqtt://127.0.0.1:${port}`)
    client.stream.setNoDelay(true)
    client.on('message', (_topic, payload) => received(payload))
  },
  /** Sends readings until forecasts are those of a fitted GRU, if there are any that say so, and then for some time. */
  async warm({ chain, forecasts, seconds }) {
    await client.subscribeAsync(topicOut(chain), { qos: chain.qos })
    for (let i = 0; i < FIRST; i += AT_ONCE) {
      for (let k = 0; k < AT_ONCE * SENSORS; k++) send(chain)
      await delay(5)
    }
    const begun = performance.now()
    for (let fitted = !forecasts; !fitted; ) {
      await exchange({ chain, seconds: 1 }, (payload) => {
        fitted ||= JSON.parse(payload.toString()).device !== 'none'
      })
      if (performance.now() - begun > FIT) throw new Error(`the GRU was not fitted in ${FIT} ms`)
    }
    return exchange({ chain, seconds })
  },
  measure: exchange,
}

/** Keeps messages under way. @returns how many came back, their bytes, and in how many seconds */
function exchange({ chain, seconds, window = WINDOW }, look = () => {}) {
  return new Promise((resolve, reject) => {
    const begun = performance.now()
    const passed = () => (performance.now() - begun) / 1000
    let count = 0
    let bytes = 0
    let open = 0
    const patience = setTimeout(
      () => reject(new Error(`${topicOut(chain)}: ${open} messages did not come back`)),
      PATIENCE + 1000 * seconds,
    )
    received = (payload) => {
      count++
      open--
      bytes += payload.length
      look(payload)
      if (passed() < seconds) {
        send(chain)
        open++
      } else if (open === 0) {
        clearTimeout(patience)
        resolve({ count, bytes, seconds: passed() })
      }
    }
    for (; open < window; open++) send(chain)
  })
}

/** The next reading: a daily pattern and noise, about 110 bytes. */
function send(chain) {
  const out = topicOut(chain)
  const before = sent.get(out) ?? 0
  sent.set(out, before + 1)
  const sensor = before % SENSORS
  const step = Math.floor(before / SENSORS)
  const value = 20 + 5 * Math.sin((2 * Math.PI * step) / 96 + sensor) + Math.random() - 0.5
  const reading = {
    value: Number(value.toFixed(3)),
    timestamp: START + step * PERIOD,
    sensor: `line ${sensor}`,
    unit: 'degrees Celsius',
    quality: 'measured',
  }
  client.publish(topicIn(chain, sensor), JSON.stringify(reading), { qos: chain.qos })
}

for await (const line of createInterface(process.stdin)) {
  const { task, ...details } = JSON.parse(line)
  console.log(ANSWER + JSON.stringify((await tasks[task](details)) ?? null))
}
process.exit(0)
