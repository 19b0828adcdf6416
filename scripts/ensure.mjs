// Makes a fresh clone ready: installs what is missing or out of date, then builds what has changed.
import { execSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`GRUflow needs Node.js 20.19 or newer, this is ${process.version}.`)
  process.exit(1)
}
if (!installed()) {
  console.log('Installing dependencies …')
  // The build is the only script that an install would run; it comes next, once.
  // What it needs are development dependencies, which NODE_ENV=production would leave out.
  try {
    execSync('npm ci --include=dev --ignore-scripts --no-audit --no-fund', { cwd: root, stdio: 'inherit' })
  } catch {
    console.error('GRUflow could not install its dependencies: npm ci failed, as told above.')
    process.exit(1)
  }
}
const { status } = spawnSync(process.execPath, [join(root, 'scripts', 'build.mjs')], { stdio: 'inherit' })
process.exitCode = status ?? 1

/** Whether node_modules holds what the lock file asks for; packages of other platforms may be absent. */
function installed() {
  const wanted = packages('package-lock.json')
  const there = packages('node_modules/.package-lock.json')
  return Object.entries(wanted).every(
    ([path, { version, optional }]) => path === '' || optional || there[path]?.version === version,
  )
}

function packages(name) {
  try {
    return JSON.parse(readFileSync(join(root, name), 'utf8')).packages
  } catch (error) {
    if (error.code === 'ENOENT') return {}
    throw error
  }
}
