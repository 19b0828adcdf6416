// Builds everything that is not in git: dist/, examples/.
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')
execFileSync(process.execPath, [tsc, '-p', root], { stdio: 'inherit' })

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

function copyFolder(from, to) {
  rmSync(join(root, to), { recursive: true, force: true })
  if (existsSync(join(root, from))) cpSync(join(root, from), join(root, to), { recursive: true })
}
