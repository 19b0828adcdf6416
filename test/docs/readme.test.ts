import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Broker, startBroker } from '../mqtt/broker.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const run = promisify(execFile)

/** The examples in TypeScript; a line that is a comment from its first column on is a line of output. */
const examples = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code)
const MQTT = 'mqtt://127.0.0.1:1883'

describe('README', () => {
  let folder: string
  const compiled = (index: number): string => join(folder, 'out', `example-${index}.js`)
  let broker: Broker
  let live: ChildProcess | undefined

  before(async () => {
    // Inside the package, so that its own name and its dependencies are found as a user's compiler finds them.
    folder = mkdtempSync(join(root, 'dist', 'readme-'))
    broker = await startBroker()
    const compilerOptions = { rootDir: '.', outDir: 'out', incremental: false, noEmitOnError: false }
    const config = { extends: '../../tsconfig.json', compilerOptions, include: ['*.ts'], exclude: [] }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
    for (const [i, code] of examples.entries()) {
      writeFileSync(join(folder, `example-${i}.ts`), code.replaceAll(MQTT, broker.url))
    }
  })
  after(async () => {
    live?.kill()
    await broker.stop()
    rmSync(folder, { recursive: true })
  })

  it('has examples that compile against the package', async () => {
    assert.ok(examples.length >= 5, `found ${examples.length} examples`)
    const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'))
    const compile = run(process.execPath, [join(typescript, 'bin', 'tsc'), '-p', folder])
    await compile.catch(({ stdout }) => assert.fail(stdout))
  })

  for (const [i, code] of examples.entries()) {
    if (code.includes(MQTT)) continue
    const printed = code
      .split('\n')
      .filter((line) => line.startsWith('// '))
      .map((line) => line.slice(3))
    it(`has an example that prints ${printed.at(-1)}`, async () => {
      const { stdout } = await run(process.execPath, [compiled(i)])
      assert.deepEqual(stdout.trimEnd().split('\n'), printed)
    })
  }

  it('has an MQTT example that forecasts readings of a real broker', async () => {
    const { aedes } = broker
    const subscribed = once(aedes, 'subscribe')
    const index = examples.findIndex((code) => code.includes(MQTT))
    live = spawn(process.execPath, [compiled(index)], { stdio: ['ignore', 'ignore', 'inherit'] })
    await subscribed
    const forecast = new Promise<string>((resolve) => {
      aedes.on('publish', ({ topic, payload }) => {
        if (topic === 'forecast/plant/hall/temperature') resolve(String(payload))
      })
    })
    for (let minute = 0; minute < 64; minute++) {
      const payload = JSON.stringify({ value: 20 + (minute % 4), timestamp: 1.7e12 + 60_000 * minute })
      aedes.publish({ topic: 'plant/hall/temperature', payload, ...packet }, () => {})
    }
    const { mean, lower, upper, last, period } = JSON.parse(await forecast)
    assert.deepEqual([mean.length, lower.length, upper.length], [24, 24, 24])
    assert.deepEqual([last, period], [23, 60_000])
  })
})

const packet = { cmd: 'publish', qos: 0, retain: false, dup: false } as const

describe('documentation', () => {
  const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...markdown('docs')]

  for (const page of pages) {
    it(`${page} links to files that are there`, () => {
      const text = readFileSync(join(root, page), 'utf8')
      const links = [...text.matchAll(/\]\((?!\w+:|#)([^)#\s]+)/g)].map(([, path]) => path)
      const broken = links.filter((path) => !existsSync(join(root, dirname(page), path)))
      assert.deepEqual(broken, [])
    })
  }
})

function markdown(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name))
}
