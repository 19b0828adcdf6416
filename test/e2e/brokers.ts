import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { type Broker, openBroker } from '../../src/cli/broker.ts'
import { freePort } from '../../src/cli/listen.ts'
import { start } from '../cli/child.ts'

/** Brokers to run the same tests with; one that is not installed has a reason instead. */
export const brokers: readonly { name: string; open?: () => Promise<Broker>; missing?: string }[] = [
  { name: 'aedes', open: () => openBroker({ port: 0 }) },
  mosquitto(),
]

function mosquitto() {
  const name = 'mosquitto'
  // Debian keeps it out of the path of users.
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  const program = folders.map((folder) => join(folder, name)).find(isExecutable)
  if (!program) return { name, missing: 'mosquitto is not installed (apt-get install mosquitto)' }
  return { name, open: () => openMosquitto(program) }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

async function openMosquitto(program: string): Promise<Broker> {
  const folder = await mkdtemp(join(tmpdir(), 'gruflow-mosquitto-'))
  const port = await freePort(0)
  const config = join(folder, 'mosquitto.conf')
  await writeFile(config, `listener ${port} 127.0.0.1\nallow_anonymous true\nlog_dest stderr\n`)
  const child = start(program, ['-c', config])
  const exited = once(child, 'exit')
  await running(child.stderr)
  const close = async (): Promise<void> => {
    child.kill('SIGTERM')
    await exited
    await rm(folder, { recursive: true, force: true })
  }
  return { url: `mqtt://127.0.0.1:${port}`, port, close }
}

/** Settles when mosquitto says that it runs, which it does once it listens. @throws with what it said instead */
async function running(log: Readable): Promise<void> {
  const said: string[] = []
  const lines = createInterface({ input: log })
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => {
      said.push(line)
      if (/mosquitto version \S+ running/.test(line)) resolve()
    })
    lines.once('close', () => reject(new Error(`mosquitto ended before it ran:\n${said.join('\n')}`)))
  })
}
