import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { packageRoot } from '../../src/cli/package.ts'

/** This package in a Node-RED user directory, as `npm pack` and `npm install` put it there. */
export interface Installed {
  readonly userDir: string
  /** Bytes of the tarball. */
  readonly packed: number
  /** Bytes of all that the installation brought. */
  readonly size: number
  /** Packages of the installation that run scripts when they are installed. */
  readonly withScripts: readonly string[]
  remove(): Promise<void>
}

const SETTINGS = `module.exports = {
  flowFile: 'flows.json',
  uiHost: '127.0.0.1',
  telemetry: { enabled: false, updateNotification: false },
  editorTheme: { tours: false },
}
`

export async function installPackage(): Promise<Installed> {
  const folder = await mkdtemp(join(tmpdir(), 'gruflow-installed-'))
  // Whoever runs the tests has built; a build now would change files that other tests use.
  const report = await npm(packageRoot, 'pack', '--ignore-scripts', '--json', '--pack-destination', folder)
  const [{ filename, size: packed }] = JSON.parse(report)
  const userDir = await mkdtemp(join(folder, 'user-'))
  await writeFile(join(userDir, 'package.json'), '{ "name": "node-red-project", "private": true }')
  await writeFile(join(userDir, 'settings.cjs'), SETTINGS)
  await npm(userDir, 'install', join(folder, filename), '--no-audit', '--no-fund', '--prefer-offline')
  const modules = join(userDir, 'node_modules')
  const { packages } = JSON.parse(await readFile(join(modules, '.package-lock.json'), 'utf8'))
  return {
    userDir,
    packed,
    size: await sizeOf(modules),
    withScripts: Object.keys(packages).filter((path) => packages[path].hasInstallScript),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

async function npm(cwd: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('npm', args, { cwd, shell: process.platform === 'win32' })
  return stdout
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const sizes = await Promise.all(files.map(({ parentPath, name }) => stat(join(parentPath, name))))
  return sizes.reduce((sum, { size }) => sum + size, 0)
}
