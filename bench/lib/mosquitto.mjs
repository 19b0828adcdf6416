import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { freePort } from './ports.mjs'

/** Nothing is dropped while the streams are warmed. */
const CONFIGURATION = [
  'allow_anonymous true',
  'log_dest stderr',
  'set_tcp_nodelay true',
  'max_queued_messages 0',
]

/** Starts a mosquitto on this machine alone; undefined where there is none. */
export async function startMosquitto() {
  // Debian keeps it out of the path of users.
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  const program = folders.map((folder) => join(folder, 'mosquitto')).find(isExecutable)
  if (!program) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'gruflow-mosquitto-'))
  const port = await freePort()
  const file = join(folder, 'mosquitto.conf')
  writeFileSync(file, `${[`listener ${port} 127.0.0.1`, ...CONFIGURATION].join('\n')}\n`)
  const child = spawn(program, ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(child, 'exit')
  process.once('exit', () => child.kill('SIGKILL'))
  const version = await running(child)
  return {
    port,
    version,
    async stop() {
      child.kill('SIGTERM')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Its version, which it says once it listens. */
function running({ stderr }) {
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: stderr })
    lines.on('line', (line) => {
      const [, version] = /mosquitto version (\S+) running/.exec(line) ?? []
      if (version) resolve(version)
    })
    lines.once('close', () => reject(new Error('mosquitto ended before it ran')))
  })
}
