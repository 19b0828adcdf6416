import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { lstat, mkdir, readFile, readlink, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { DeviceChoice } from '../engine/device.ts'
import { cloneOnly } from './clone-only.ts'
import { setFlowDevice } from './flow-device.ts'
import { flowFile } from './flow-file.ts'
import { writeNew } from './lock.ts'
import { packageRoot } from './package.ts'

export interface NodeRedOptions {
  readonly userDir: string
  readonly port: number
  /** URL of the broker, given to the flow in an environment variable. */
  readonly broker: string
  /** Becomes the device of all nodes of the flow that step a GRU. @default what they have */
  readonly device?: DeviceChoice
}

export interface NodeRed {
  readonly url: string
  /** Settles when the editor answers. @throws Error when the process ends before that */
  readonly ready: Promise<void>
  /** Settles when the process has ended, with its exit code or signal. */
  readonly ended: Promise<number | string>
  /** Lets it close its nodes, 15 s at most. Idempotent. */
  stop(): Promise<void>
}

const BROKER_VARIABLE = 'GRUFLOW_BROKER'
const STOP_WITHIN = 15_000
/** Ends Node-RED when the channel to the demo closes, because a demo that was killed cannot. */
const LEASH = `process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'))`
const QUICK_START = 'flows/01-quickstart/01 Forecast every sensor.json'

const settings = (): string => `// Written once by gruflow demo; yours to change.
module.exports = {
  flowFile: 'flows.json',
  uiHost: '127.0.0.1',
  credentialSecret: '${randomUUID()}',
  telemetry: { enabled: false, updateNotification: false },
  logging: { console: { level: 'info', metrics: false, audit: false } },
  editorTheme: {
    tours: false,
    page: { title: 'GRUflow' },
    header: { title: 'GRUflow' },
    palette: { categories: ['forecast', 'common', 'network'] },
  },
}
`

/** Starts Node-RED as a process of its own, with this package in its palette. */
export async function startNodeRed({ userDir, port, broker, device }: NodeRedOptions): Promise<NodeRed> {
  const program = await cloneOnly('node-red', async () =>
    createRequire(import.meta.url).resolve('node-red/red.js'),
  )
  await prepareUserDir(userDir, device)
  const args = [
    '--import',
    `data:text/javascript,${encodeURIComponent(LEASH)}`,
    program,
    '--userDir',
    userDir,
    '--settings',
    join(userDir, 'settings.cjs'),
    '--port',
    String(port),
  ]
  const child = spawn(process.execPath, args, {
    cwd: userDir,
    env: { ...process.env, [BROKER_VARIABLE]: broker },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const ended = once(child, 'exit').then(([code, signal]) => code ?? signal)
  const stop = async (): Promise<void> => {
    // Node-RED's own message for a clean end; signals do not exist on Windows.
    if (child.connected) child.send('shutdown')
    const patience = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN)
    await ended
    clearTimeout(patience)
  }
  const url = `http://127.0.0.1:${port}`
  const early = ended.then((code) => {
    throw new Error(`Node-RED ended with ${code} before it was ready`)
  })
  return { url, ready: Promise.race([answers(url, ended), early]), ended, stop }
}

async function answers(url: string, ended: Promise<unknown>): Promise<void> {
  let running = true
  ended.then(() => {
    running = false
  })
  while (running) {
    // Refused until it listens.
    const response = await fetch(url).catch(() => undefined)
    if (response?.ok) return
    await delay(100)
  }
}

/** Settings, the package linked into the palette and the quick-start flow, whatever is not there yet; and the device. */
export async function prepareUserDir(userDir: string, device?: DeviceChoice): Promise<void> {
  const scope = join(userDir, 'node_modules', '@gruflow')
  await mkdir(scope, { recursive: true })
  await linkPackage(join(scope, 'node-red-gru'))
  const settingsFile = join(userDir, 'settings.cjs')
  await writeNew(settingsFile, settings())
  const flow = flowFile(userDir, settingsFile)
  if (flow === undefined) {
    if (device) throw new Error(`--device has no effect: '${settingsFile}' keeps flows in projects`)
    return
  }
  await mkdir(dirname(flow), { recursive: true })
  await writeNew(flow, await quickStart())
  if (device) await setFlowDevice(flow, device)
}

async function linkPackage(path: string): Promise<void> {
  const there = await lstat(path).catch(() => undefined)
  // A real folder is a copy that was installed on purpose.
  if (there && !there.isSymbolicLink()) return
  if (there && (await readlink(path)) === packageRoot) return
  await rm(path, { force: true })
  await symlink(packageRoot, path, 'junction')
}

/** The sample flow with the broker of the demo, wherever that listens this time. */
async function quickStart(): Promise<string> {
  const nodes = JSON.parse(await readFile(join(packageRoot, QUICK_START), 'utf8'))
  for (const node of nodes) {
    if (node.type === 'mqtt-broker') node.broker = `\${${BROKER_VARIABLE}}`
  }
  return JSON.stringify(nodes, null, 2)
}
