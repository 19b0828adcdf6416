import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from './ports.mjs'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PRELOAD = fileURLToPath(new URL('preload.cjs', import.meta.url))
/** Milliseconds that it may take to end. */
const STOP_WITHIN = 15_000

const SETTINGS = `module.exports = {
  flowFile: 'flows.json',
  uiHost: '127.0.0.1',
  credentialSecret: 'bench',
  telemetry: { enabled: false, updateNotification: false },
  logging: { console: { level: 'warn', metrics: false, audit: false } },
}
`

export const nodeRedVersion = () => createRequire(import.meta.url)('node-red/package.json').version

/** Starts a Node-RED with this package in its palette and a flow, in a folder of its own. */
export async function startNodeRed(flow, { noDelay }) {
  const userDir = mkdtempSync(join(tmpdir(), 'gruflow-bench-'))
  const scope = join(userDir, 'node_modules', '@gruflow')
  mkdirSync(scope, { recursive: true })
  symlinkSync(ROOT, join(scope, 'node-red-gru'), 'junction')
  writeFileSync(
    join(userDir, 'package.json'),
    '{ "name": "bench", "dependencies": { "@gruflow/node-red-gru": "*" } }',
  )
  writeFileSync(join(userDir, 'settings.cjs'), SETTINGS)
  writeFileSync(join(userDir, 'flows.json'), JSON.stringify(flow))
  const port = await freePort()
  const program = createRequire(import.meta.url).resolve('node-red/red.js')
  const args = ['--userDir', userDir, '--settings', join(userDir, 'settings.cjs'), '--port', String(port)]
  const child = spawn(process.execPath, ['--require', PRELOAD, program, ...args], {
    cwd: userDir,
    env: { ...process.env, NODELAY: noDelay ? '1' : '' },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const ended = once(child, 'exit')
  process.once('exit', () => child.kill('SIGKILL'))
  while (!(await fetch(`http://127.0.0.1:${port}`).catch(() => undefined))?.ok) {
    if (child.exitCode !== null) throw new Error(`Node-RED ended with ${child.exitCode}`)
    await delay(100)
  }
  return {
    /** Microseconds of CPU that it has spent so far: { all: on all of its threads, main: on the main one; null: unknown }. */
    async cpu() {
      child.send('cpu')
      const [spent] = await once(child, 'message')
      return spent
    },
    async stop() {
      // Node-RED's own message for a clean end.
      child.send('shutdown')
      const patience = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN)
      await ended
      clearTimeout(patience)
      rmSync(userDir, { recursive: true, force: true })
    },
  }
}
