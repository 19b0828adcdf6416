import { once } from 'node:events'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../../src/cli/listen.ts'
import { start } from '../cli/child.ts'

export interface NodeRedProcess {
  readonly url: string
  /** What it has printed so far. */
  log(): string
  /** Replaces all flows, as the Deploy button does. @throws with the log when it refuses */
  deploy(flows: readonly unknown[]): Promise<void>
  /** Asks it to end; its exit code. */
  stop(): Promise<number | null>
}

/** Starts a real Node-RED on a user directory and waits until it answers. */
export async function startNodeRed(userDir: string, cwd: string = userDir): Promise<NodeRedProcess> {
  const program = createRequire(import.meta.url).resolve('node-red/red.js')
  const port = await freePort(0)
  const args = ['--userDir', userDir, '--settings', join(userDir, 'settings.cjs'), '--port', String(port)]
  const child = start(process.execPath, [program, ...args], { cwd })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text) => {
      printed += text
    })
  }
  const exited = once(child, 'exit')
  const url = `http://127.0.0.1:${port}`
  const log = (): string => printed
  for (;;) {
    // Refused until it listens.
    const response = await fetch(url).catch(() => undefined)
    if (response?.ok) break
    if (child.exitCode !== null) throw new Error(`Node-RED ended with ${child.exitCode}:\n${printed}`)
    await delay(50)
  }
  return {
    url,
    log,
    async deploy(flows) {
      const response = await fetch(`${url}/flows`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'Node-RED-Deployment-Type': 'full' },
        body: JSON.stringify(flows),
      })
      if (!response.ok) throw new Error(`${response.status} ${await response.text()}\n${printed}`)
    },
    async stop() {
      child.kill('SIGTERM')
      const [code] = await exited
      return code
    },
  }
}
