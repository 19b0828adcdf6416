// npm run bench [-- step batch …]: installs the peers and builds the package where they are missing, then measures.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { LEFT_OUT } from './lib/left.mjs'
import { parts as all } from './lib/parts.mjs'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))

const parts = all.filter(({ apart }) => !apart)
const asked = process.argv.slice(2)
const unknown = asked.find((name) => !parts.some((part) => part.name === name))
if (unknown) {
  console.error(`There is no part ${unknown}; the parts are ${parts.map(({ name }) => name).join(', ')}.`)
  process.exit(1)
}

run(process.execPath, [here('../scripts/ensure.mjs')])
if (!existsSync(here('node_modules/.package-lock.json'))) {
  console.log('Installing the peers …')
  run('npm', ['ci', '--no-audit', '--no-fund'])
}
for (const { name, options = [] } of parts) {
  if (asked.length > 0 && !asked.includes(name)) continue
  const begun = performance.now()
  const status = run(process.execPath, [here(`${name}.mjs`), ...options], LEFT_OUT)
  const seconds = ((performance.now() - begun) / 1000).toFixed(0)
  console.log(status === LEFT_OUT ? `${name}: left out` : `${name}: ${seconds} s`)
}
console.log(`See ${here('RESULTS.md')}`)

/** Ends this process unless the command ends with 0 or `accepted`. @returns its status */
function run(command, args, accepted = 0) {
  const { status, error } = spawnSync(command, args, {
    cwd: here('.'),
    stdio: 'inherit',
    shell: command === 'npm' && process.platform === 'win32',
  })
  if (error) throw error
  if (status !== 0 && status !== accepted) process.exit(status ?? 1)
  return status
}
