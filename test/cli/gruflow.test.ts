import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { openBroker } from '../../src/cli/broker.ts'
import { gruflow, killAll } from './child.ts'

async function finished(...args: string[]): Promise<{ code: unknown; out: string; err: string }> {
  const { child, closed } = gruflow(...args)
  const [out, err, [code]] = await Promise.all([text(child.stdout!), text(child.stderr!), closed])
  return { code, out, err }
}

describe('gruflow', () => {
  afterEach(killAll)

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

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    it(`prints forecasts in the terminal until ${signal}`, async () => {
      const { child, line, closed } = gruflow('demo', '--headless', '--rate', '100')
      const errors = text(child.stderr!)
      assert.match(await line(/^plant\/\S+ .* \+24: .* (gru|naive) /), /\[.+, .+\]/)
      child.kill(signal)
      assert.deepEqual(await closed, [0, null])
      assert.equal(await errors, '')
    })
  }

  it('uses a broker of one’s own and leaves it running', async () => {
    const broker = await openBroker({ port: 0 })
    const { child, line, closed } = gruflow('demo', '--headless', '--rate', '100', '--broker', broker.url)
    await line(/^weather\/\S+ .* \+24: /)
    child.kill('SIGINT')
    assert.deepEqual(await closed, [0, null])
    await broker.close()
  })

  it('says so when there is no broker', async () => {
    const broker = await openBroker({ port: 0 })
    await broker.close()
    const { child, closed } = gruflow('demo', '--headless', '--broker', broker.url)
    const [message] = await once(child.stderr!, 'data')
    assert.match(String(message), new RegExp(`MQTT broker ${broker.url}: .*trying again`))
    child.kill('SIGINT')
    assert.deepEqual(await closed, [0, null])
  })
})
