// npm run bench [-- step batch …]: installs the peers and builds the package where they are missing, then measures.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parts } from './lib/parts.mjs'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))

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
  run(process.execPath, [here(`${name}.mjs`), ...options])
  console.log(`${name}: ${((performance.now() - begun) / 1000).toFixed(0)} s`)
}
console.log(`See ${here('RESULTS.md')}`)

function run(command, args) {
  const { status, error } = spawnSync(command, args, {
    cwd: here('.'),
    stdio: 'inherit',
    shell: command === 'npm' && process.platform === 'win32',
  })
  if (error) throw error
  if (status !== 0) process.exit(status ?? 1)
}
