import { join, resolve } from 'node:path'
import { type Observer, take } from 'rxjs'
import type { DeviceChoice } from '../engine/device.ts'
import { fromMqtt } from '../rx/fromMqtt.ts'
import { toMqtt } from '../rx/toMqtt.ts'
import { openBroker } from './broker.ts'
import { brokerReport, shownUrl } from './broker-url.ts'
import { cloneOnly } from './clone-only.ts'
import { openDemoForecasts } from './demo-forecasts.ts'
import { freePort } from './listen.ts'
import { lockFolder } from './lock.ts'
import { startNodeRed } from './node-red.ts'
import { packageRoot } from './package.ts'
import { payloadOf, readings, type SensorReading } from './readings.ts'
import { seattleWeather } from './replay.ts'
import { type Sensor, simulatedPlant } from './sensors.ts'
import { createStage, type Stage } from './stage.ts'
import { openSteps } from './steps.ts'

export interface DemoOptions {
  /** Forecasts in the terminal instead of Node-RED. @default false */
  readonly headless?: boolean
  /** URL of a broker that runs already. @default one is opened on 127.0.0.1:1883 or the next free port */
  readonly broker?: string
  /** Port of the editor; the next free one when taken. @default 1880 */
  readonly port?: number
  /** Readings a second of each sensor. @default 10 */
  readonly rate?: number
  /** What steps the GRU. @default auto, and in Node-RED as the flow says, which is auto in a new one */
  readonly device?: DeviceChoice
  /** Node-RED's folder. @default .gruflow in the clone */
  readonly userDir?: string
}

/** Broker, sensors and forecasts; until SIGINT, SIGTERM or SIGHUP, then all of it ends in order. */
export async function runDemo(options: DemoOptions = {}): Promise<void> {
  const {
    headless = false,
    port = 1880,
    rate = 10,
    device,
    userDir = join(packageRoot, '.gruflow'),
  } = options
  const stage = createStage()
  try {
    const url = options.broker ?? (await ownBroker(stage))
    const weather = await cloneOnly('vega-datasets', () => seattleWeather())
    const show: Show = { url, sensors: [...simulatedPlant(), ...weather], rate }
    if (headless) await showInTerminal(stage, show, device)
    else await showInNodeRed(stage, show, { port, device, userDir: resolve(userDir) })
  } finally {
    await stage.clear()
  }
  console.log('Stopped.')
}

interface Show {
  readonly url: string
  readonly sensors: readonly Sensor[]
  readonly rate: number
}

async function ownBroker({ later }: Stage): Promise<string> {
  const broker = await openBroker({ port: 1883 })
  later(broker.close)
  return broker.url
}

async function showInTerminal(
  { stopped, later }: Stage,
  show: Show,
  device: DeviceChoice = 'auto',
): Promise<void> {
  console.log(
    `${show.sensors.length} sensors on ${shownUrl(show.url)}, forecasts on forecast/#. Ctrl-C ends.`,
  )
  const forecasts = openDemoForecasts(show.url, { device, onStatus: brokerReport(show.url) })
  later(forecasts.end)
  await Promise.race([forecasts.ready, stopped])
  later(publish(show))
  await stopped
}

interface Place {
  readonly port: number
  readonly userDir: string
  readonly device?: DeviceChoice
}

async function showInNodeRed({ stopped, later }: Stage, show: Show, place: Place): Promise<void> {
  const { url, sensors, rate } = show
  later(await lockFolder(place.userDir))
  const nodeRed = await startNodeRed({ ...place, port: await freePort(place.port), broker: url })
  later(nodeRed.stop)
  const ended = nodeRed.ended.then((code) => {
    throw new Error(`Node-RED ended with ${code}`)
  })
  await Promise.race([nodeRed.ready, ended, stopped])

  const steps = openSteps(place.userDir, console.error)
  later(steps.end)
  later(publish(show, steps.earlier, ({ step }) => steps.seen(step)))
  later(reportFirstForecast(url))
  const { hostname, port } = new URL(url)
  console.log(`
  ${sensors.length} sensors, ${rate} readings a second each, under plant/# and weather/# on ${shownUrl(url)}

  Open   ${nodeRed.url}${place.device ? `\n  Device ${place.device}, for every gru-model and gru-step node` : ''}
  Watch  npx mqtt sub -h ${hostname} -p ${port || 1883} -t 'forecast/#' -v
  End    Ctrl-C
`)
  await Promise.race([stopped, ended])
}

/** Has the sensors read and published; returns what ends it. */
function publish(
  { url, sensors, rate }: Show,
  skip = 0,
  next: Observer<SensorReading>['next'] = () => {},
): () => void {
  const sending = readings(sensors, { rate, skip })
    .pipe(toMqtt(url, { topic: ({ topic }) => topic, payload: payloadOf, onStatus: brokerReport(url) }))
    .subscribe(next)
  return () => sending.unsubscribe()
}

/** Says how long after the sensors the first forecast came. */
function reportFirstForecast(url: string): () => void {
  const begin = performance.now()
  const waiting = fromMqtt(url, 'forecast/#')
    .pipe(take(1))
    .subscribe(({ topic }) => {
      const seconds = ((performance.now() - begin) / 1000).toFixed(1)
      console.log(`  First forecast after ${seconds} s: ${topic}`)
    })
  return () => waiting.unsubscribe()
}
