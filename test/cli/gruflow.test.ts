import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { openBroker } from '../../src/cli/broker.ts'

const program = fileURLToPath(new URL('../../src/cli/gruflow.js', import.meta.url))

const children: ChildProcess[] = []

function gruflow(...args: string[]): ChildProcess {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  children.push(child)
  return child
}

async function finished(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const child = gruflow(...args)
  let out = ''
  let err = ''
  child.stdout!.on('data', (text) => (out += text))
  child.stderr!.on('data', (text) => (err += text))
  const [code] = await once(child, 'close')
  return { code, out, err }
}

/** Reads lines until one matches. @throws when the output ends before */
async function lineLike(child: ChildProcess, pattern: RegExp): Promise<string> {
  const seen: string[] = []
  for await (const line of createInterface({ input: child.stdout! })) {
    if (pattern.test(line)) return line
    seen.push(line)
  }
  throw new Error(`no line like ${pattern} in:\n${seen.join('\n')}`)
}

describe('gruflow', () => {
  // Only a test that failed leaves something running.
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
  })

  it('tells how it is used and which version it is', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))
    assert.deepEqual(await finished('--version'), { code: 0, out: `${version}\n`, err: '' })
    const help = await finished('--help')
    assert.equal(help.code, 0)
    assert.match(help.out, /gruflow <command>[\s\S]*--headless[\s\S]*--user-dir/)
  })

  for (const [args, message] of [
    [[], /which command/],
    [['fly'], /unknown command 'fly'/],
    [['demo', 'now'], /unexpected argument 'now'/],
    [['demo', '--fast'], /--fast/],
    [['demo', '--rate', '0'], /impossible --rate '0'/],
    [['demo', '--rate', ''], /impossible --rate ''/],
    [['demo', '--port', '70000'], /impossible --port '70000'/],
    [['demo', '--broker', 'localhost'], /--broker must be a URL .* got 'localhost'/],
  ] as const) {
    it(`refuses '${args.join(' ')}' with the reason`, async () => {
      const { code, out, err } = await finished(...args)
      assert.equal(code, 2)
      assert.equal(out, '')
      assert.match(err, message)
      assert.match(err, /gruflow --help/)
    })
  }

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`prints forecasts in the terminal until ${signal}`, async () => {
      const child = gruflow('demo', '--headless', '--rate', '100')
      const closed = once(child, 'close')
      const errors = once(child.stderr!, 'data').then((text) => assert.fail(`printed: ${text}`))
      try {
        const line = await Promise.race([lineLike(child, /^plant\/\S+ .* \+24: .* (gru|naive) /), errors])
        assert.match(line, /\[.+, .+\]/)
      } finally {
        child.kill(signal)
      }
      assert.deepEqual(await closed, [0, null])
    })
  }

  it('uses a broker of one’s own and leaves it running', async () => {
    const broker = await openBroker({ port: 0 })
    const child = gruflow('demo', '--headless', '--rate', '100', '--broker', broker.url)
    const closed = once(child, 'close')
    try {
      await lineLike(child, /^weather\/\S+ .* \+24: /)
    } finally {
      child.kill('SIGINT')
    }
    assert.deepEqual(await closed, [0, null])
    await broker.close()
  })

  it('says so when there is no broker', async () => {
    const broker = await openBroker({ port: 0 })
    await broker.close()
    const child = gruflow('demo', '--headless', '--broker', broker.url)
    const closed = once(child, 'close')
    const [text] = await once(child.stderr!, 'data')
    assert.match(String(text), new RegExp(`MQTT broker ${broker.url}: .*trying again`))
    child.kill('SIGINT')
    assert.deepEqual(await closed, [0, null])
  })
})
