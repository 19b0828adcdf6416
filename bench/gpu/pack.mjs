import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { OptionError } from './options.mjs'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const BUNDLE = join(ROOT, 'dist/src/engine/gpu/child/gpujs.js')
const MAX_BYTES = 60 * 2 ** 20
const IMPORT = /(?:from|import)\s*\(?\s*'(\.[^']+)'/g

const README = `Measures GRUflow's GPU path with Node.js alone: sh run.sh, or node bench/gpu.mjs on Windows. What it finds goes to bench/results, and to bench/RESULTS.md to be read.
`

const RUN = `#!/bin/sh
# Options go to the script: sh run.sh --software
cd "$(dirname "$0")" && exec node bench/gpu.mjs "$@"
`

/**
 * Makes a folder that measures on a machine without npm: this part of the bench, the engine, and `webgpu` for one
 * platform.
 *
 * @param folder must not be there yet, or be empty
 * @param platform as Node.js names it: linux-x64, linux-arm64, win32-x64, win32-arm64, darwin-universal
 * @throws OptionError when either cannot be used
 */
export function pack(folder, platform) {
  const target = resolve(folder)
  if (existsSync(target) && readdirSync(target).length > 0) throw new OptionError(`${target} is not empty`)
  copyWebgpu(target, platform)
  for (const path of needed()) cpSync(path, join(target, relative(ROOT, path)))
  writeFileSync(join(target, 'package.json'), '{ "private": true, "type": "module" }\n')
  writeFileSync(join(target, 'README.md'), README)
  writeFileSync(join(target, 'run.sh'), RUN)
  chmodSync(join(target, 'run.sh'), 0o755)
  const bytes = filesBelow(target).reduce((sum, path) => sum + statSync(path).size, 0)
  if (bytes > MAX_BYTES) throw new Error(`${target} has ${bytes} bytes, at most ${MAX_BYTES} were wanted`)
  console.log(`${target}, ${(bytes / 2 ** 20).toFixed(1)} MiB, for ${platform}.
Copy it to the machine that has the GPU, and there:

  sh run.sh

Node.js 20.19 or newer and the GPU's driver (Vulkan, Metal or Direct3D 12) is all it needs. Copy what it leaves in
bench/results back to the same folder of the clone; node bench/gpu.mjs --report then writes RESULTS.md.`)
}

function copyWebgpu(target, platform) {
  // The package's own: peers of the bench bring an older one.
  const from = dirname(createRequire(join(ROOT, 'package.json')).resolve('webgpu/package.json'))
  const platforms = readdirSync(join(from, 'dist'))
  if (!platforms.includes(platform)) {
    throw new OptionError(`--platform must be one of ${platforms.join(', ')}, got '${platform}'`)
  }
  const to = join(target, 'node_modules/webgpu')
  mkdirSync(to, { recursive: true })
  for (const name of ['package.json', 'index.js', 'LICENSE.md', `dist/${platform}`]) {
    cpSync(join(from, name), join(to, name), { recursive: true })
  }
}

/** All of the engine, because it starts processes whose files nobody imports, and what this part of the bench imports. */
function needed() {
  if (/'gpu\.js'/.test(readFileSync(BUNDLE, 'utf8'))) throw new Error('gpu.js is not bundled: npm run build')
  const engine = filesBelow(join(ROOT, 'dist/src/engine')).filter((path) => !path.endsWith('.d.ts'))
  const found = new Set([join(ROOT, 'bench/package.json')])
  for (const path of engine) {
    if (path.endsWith('.js')) imported(path, found)
    else found.add(path)
  }
  return imported(join(ROOT, 'bench/gpu.mjs'), found)
}

/** A module and all that it imports by a relative path. */
function imported(path, found) {
  if (found.has(path)) return found
  found.add(path)
  for (const [, specifier] of readFileSync(path, 'utf8').matchAll(IMPORT)) {
    imported(resolve(dirname(path), specifier), found)
  }
  return found
}

const filesBelow = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
