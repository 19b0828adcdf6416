// A message through Node-RED, over MQTT in and out: with a forecast, and with an empty function node in its place.
// node bench/e2e.mjs     (after npm run build; needs mosquitto)
import { fileURLToPath } from 'node:url'
import { openChild } from './lib/child.mjs'
import { CHAINS, flowOf, SENSORS } from './lib/e2eFlow.mjs'
import { LEFT_OUT } from './lib/left.mjs'
import { startMosquitto } from './lib/mosquitto.mjs'
import { nodeRedVersion, startNodeRed } from './lib/nodeRed.mjs'
import { atLeast, digits, roundsOr, withQuartiles, writeResults } from './lib/results.mjs'
import { pairedRatio, quartiles } from './lib/stats.mjs'

/** Messages a second with a forecast, as a share of those without. */
const KEPT = 0.95
/** Seconds of each measurement, of one with a single message under way, and before the first. */
const SECONDS = 2
const SINGLE = 0.5
const WARM = 4
const ROUNDS = 15

/** Node-RED with sockets that do not wait, and as it is installed. */
const SYSTEMS = [
  { name: 'function', title: 'empty function node', handler: 'function', noDelay: true },
  { name: 'forecast', title: 'forecast', handler: 'forecast', noDelay: true },
  { name: 'waiting', title: 'empty function node, without the preload', handler: 'function', noDelay: false },
]
const OUTPUTS = { all: 'all of it written', number: 'one number of it written' }

const mosquitto = await startMosquitto()
if (!mosquitto) {
  console.log('e2e needs mosquitto (apt-get install mosquitto)')
  process.exit(LEFT_OUT)
}
const load = openChild(process.execPath, [fileURLToPath(new URL('fresh/load.mjs', import.meta.url))])
await load.ask('open', { port: mosquitto.port })
const systems = []
for (const system of SYSTEMS) {
  const nodeRed = await startNodeRed(flowOf(system, mosquitto.port), system)
  const cells = CHAINS.map((chain) => ({ chain: { system: system.name, ...chain }, runs: [], single: [] }))
  systems.push({ ...system, nodeRed, cells })
}
const compared = systems.filter(({ noDelay }) => noDelay)

// All that is written says whether the GRU was fitted; the chains of one number are on the same model.
for (const { handler, cells } of systems) {
  for (const { chain } of cells) {
    const forecasts = handler === 'forecast' && chain.output === 'all'
    await load.ask('warm', { chain, forecasts, seconds: WARM })
  }
}
for (let round = 0; round < roundsOr(ROUNDS); round++) {
  for (let i = 0; i < CHAINS.length; i++) {
    // There and back again: neither always comes first.
    for (const system of round % 2 ? compared.toReversed() : compared) await measure(system, system.cells[i])
  }
  for (const { cells } of systems) await measureSingle(cells.find(isQos1))
}
load.close()
for (const { nodeRed } of systems) await nodeRed.stop()
await mosquitto.stop()

const [ours, theirs] = ['forecast', 'function'].map((name) => systems.find((system) => system.name === name))
const ratio = (i, figure) =>
  pairedRatio(...[ours, theirs].map(({ cells }) => cells[i].runs.map((run) => run[figure])))
const nameOf = ({ qos, output }) => `QoS ${qos}, ${OUTPUTS[output]}`

writeResults('e2e', {
  versions: { 'Node-RED': nodeRedVersion(), mosquitto: mosquitto.version },
  targets: CHAINS.map((chain, i) =>
    atLeast(
      `Messages a second through Node-RED with a forecast, against an empty function node, ${nameOf(chain)}`,
      KEPT,
      ratio(i, 'rate'),
    ),
  ),
  tables: [
    {
      title: 'A message from the broker through one node and back, 64 under way:',
      columns: ['', 'messages/s', 'µs of CPU of Node-RED', 'µs of its main thread', 'bytes out'],
      rows: CHAINS.flatMap((chain, i) =>
        compared.map(({ title, cells }) => {
          const figures = (name) => quartiles(cells[i].runs.map((run) => run[name]))
          return [
            `${nameOf(chain)}: ${title}`,
            withQuartiles(figures('rate')),
            withQuartiles(figures('cpu')),
            Number.isNaN(figures('main').median) ? '' : withQuartiles(figures('main')),
            digits(figures('bytes').median),
          ]
        }),
      ),
    },
    {
      title: 'With a forecast, as multiples of the empty function node, round by round:',
      columns: ['', 'messages/s', 'CPU'],
      rows: CHAINS.map((chain, i) => [
        nameOf(chain),
        withQuartiles(ratio(i, 'rate')),
        withQuartiles(ratio(i, 'cpu')),
      ]),
    },
    {
      title: 'One message at a time, QoS 1, there and back:',
      columns: ['', 'ms'],
      rows: systems.map(({ title, cells }) => [title, withQuartiles(quartiles(cells.find(isQos1).single))]),
    },
  ],
  notes: [
    `Broker, load and Node-RED are processes of their own on one machine. ${SENSORS} topics for each chain of nodes, readings of 110 bytes; default settings, a fitted GRU that goes on learning: the CPU of Node-RED includes its training thread.`,
    'The forecast node gives 24 steps with intervals, which `mqtt out` writes as JSON, the empty one the reading; where one number is written, a change node of either flow takes it.',
    'The preload is that of [docs/mqtt.md](../docs/mqtt.md); mosquitto has `set_tcp_nodelay true`.',
  ],
})

async function measure({ nodeRed }, { chain, runs }) {
  const before = await nodeRed.cpu()
  const { count, bytes, seconds } = await load.ask('measure', { chain, seconds: SECONDS })
  const after = await nodeRed.cpu()
  runs.push({
    rate: count / seconds,
    cpu: (after.all - before.all) / count,
    main: before.main === null ? Number.NaN : (after.main - before.main) / count,
    bytes: bytes / count,
  })
}

async function measureSingle({ chain, single }) {
  const { count, seconds } = await load.ask('measure', { chain, seconds: SINGLE, window: 1 })
  single.push((1000 * seconds) / count)
}

function isQos1({ chain }) {
  return chain.qos === 1 && chain.output === 'all'
}
