import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Broker, openBroker } from '../../src/cli/broker.ts'
import { freePort } from '../../src/cli/listen.ts'

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
  await writeFile(config, `listener ${port} 127.0.0.1\nallow_anonymous true\n`)
  const child = spawn(program, ['-c', config], { stdio: 'ignore' })
  const exited = once(child, 'exit')
  const url = `mqtt://127.0.0.1:${port}`
  while (!(await answers(port))) {
    if (child.exitCode !== null) throw new Error(`mosquitto ended with ${child.exitCode}`)
    await delay(20)
  }
  const close = async (): Promise<void> => {
    child.kill('SIGTERM')
    await exited
    await rm(folder, { recursive: true, force: true })
  }
  return { url, port, close }
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const connected = once(socket, 'connect').then(
    () => true,
    () => false,
  )
  if (await connected) socket.destroy()
  return connected
}
