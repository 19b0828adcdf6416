import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packageRoot } from '../../src/cli/package.ts'
import { type NodeRedProcess, startNodeRed } from './node-red.ts'

/** A real Node-RED with this package linked into its palette. */
export interface Linked extends NodeRedProcess {
  readonly userDir: string
  /** Stops it and removes its user directory. */
  dispose(): Promise<void>
}

/**
 * @param settings lines of its settings file
 * @param cwd its working directory. @default its user directory
 */
export async function startLinked(settings = '', cwd?: string): Promise<Linked> {
  const userDir = mkdtempSync(join(tmpdir(), 'gruflow-linked-'))
  const scope = join(userDir, 'node_modules', '@gruflow')
  mkdirSync(scope, { recursive: true })
  symlinkSync(packageRoot, join(scope, 'node-red-gru'), 'junction')
  writeFileSync(
    join(userDir, 'settings.cjs'),
    `module.exports = {
      flowFile: 'flows.json',
      uiHost: '127.0.0.1',
      telemetry: { enabled: false, updateNotification: false },
      editorTheme: { tours: false },
      ${settings}
    }`,
  )
  const nodeRed = await startNodeRed(userDir, cwd)
  return {
    ...nodeRed,
    userDir,
    async dispose() {
      await nodeRed.stop()
      rmSync(userDir, { recursive: true, force: true })
    },
  }
}
