// Builds everything that is not in git: dist/, examples/. Does nothing when no source is newer than the last build.
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundle } from './bundle.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stamp = join(root, 'dist', '.built')
const sources = ['src', 'nodes', 'test', 'flows', 'icons', 'scripts', 'package.json', 'tsconfig.json']

const begin = new Date()
if (!upToDate()) {
  build()
  writeFileSync(stamp, '')
  // What changed while it ran is for the next build.
  utimesSync(stamp, begin, begin)
}

function upToDate() {
  if (![stamp, 'dist/src', 'dist/nodes', 'examples'].every((path) => existsSync(resolve(root, path))))
    return false
  return Math.max(...sources.map(newestChange)) < statSync(stamp).mtimeMs
}

function build() {
  for (const room of ['src', 'nodes', 'test']) removeOrphans(room)
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')
  const { status } = spawnSync(process.execPath, [tsc, '-p', root], { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)

  // gpu.js would bring along 100 MB that nobody needs.
  const gpujs = 'src/engine/gpu/child/gpujs'
  bundle(join(root, `${gpujs}.ts`), join(root, 'dist', `${gpujs}.js`), ['gl'])

  // Node-RED finds a node's HTML, locales and icons beside its compiled file.
  const nodes = join(root, 'dist', 'nodes')
  mkdirSync(nodes, { recursive: true })
  for (const name of readdirSync(join(root, 'nodes'))) {
    if (name.endsWith('.html')) cpSync(join(root, 'nodes', name), join(nodes, name))
  }
  copyFolder('nodes/locales', 'dist/nodes/locales')
  copyFolder('icons', 'dist/nodes/icons')
  // Node-RED reads sample flows only from a folder named examples; npm pack drops symbolic links.
  copyFolder('flows', 'examples')
}

/** Time of the last change below a path. A folder's own time tells of what was added, renamed or removed. */
function newestChange(path) {
  const full = join(root, path)
  if (!existsSync(full)) return 0
  const stats = statSync(full)
  if (!stats.isDirectory()) return stats.mtimeMs
  return Math.max(stats.mtimeMs, ...readdirSync(full).map((name) => newestChange(join(path, name))))
}

/** A compiled file outlives its source, and a test that was renamed would go on running. */
function removeOrphans(room) {
  const compiled = join(root, 'dist', room)
  if (!existsSync(compiled)) return
  for (const name of readdirSync(compiled, { recursive: true })) {
    const source = name.replace(/(\.d\.ts|\.js)$/, '.ts')
    if (source !== name && !existsSync(join(root, room, source))) rmSync(join(compiled, name))
  }
}

function copyFolder(from, to) {
  rmSync(join(root, to), { recursive: true, force: true })
  if (existsSync(join(root, from))) cpSync(join(root, from), join(root, to), { recursive: true })
}
