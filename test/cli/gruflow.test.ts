import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { openBroker } from '../../src/cli/broker.ts'
import { printable } from '../../src/cli/printable.ts'
import { finished, gruflow, killAll, program } from './child.ts'

describe('gruflow', () => {
  afterEach(killAll)

  it('tells how it is used and which version it is', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))
    assert.deepEqual(await finished('--version'), { code: 0, out: `${version}\n`, err: '' })
    const help = await finished('--help')
    assert.equal(help.code, 0)
    assert.match(
      help.out,
      /gruflow <command>[\s\S]*demo[\s\S]*watch URL TOPIC[\s\S]*fit FILE[\s\S]*backtest FILE[\s\S]*inspect FILE[\s\S]*convert IN OUT/,
    )
    for (const [command, option] of [
      ['demo', '--user-dir'],
      ['watch', '--max-streams'],
      ['fit', '--checkpoint'],
      ['backtest', '--validate'],
      ['inspect', '--json'],
      ['convert', '--force'],
    ]) {
      const { code, out, err } = await finished(command, '--help')
      assert.deepEqual([code, err], [0, ''])
      assert.match(out, new RegExp(`^Usage: gruflow ${command} [\\s\\S]*${option}`))
    }
  })

  for (const [args, message] of [
    [[], /which command/],
    [['fly'], /unknown command 'fly'/],
    [['fly\u001b[31m\u202e'], /unknown command 'fly\\u001b\[31m\\u202e'/],
    [['demo', 'now'], /unexpected argument 'now'/],
    [['demo', '--fast'], /--fast/],
    [['demo', '--rate', '0'], /impossible --rate '0'/],
    [['demo', '--rate', ''], /impossible --rate ''/],
    [['demo', '--port', '70000'], /impossible --port '70000'/],
    [['demo', '--device', 'tpu'], /--device must be one of wasm, gpu, auto, got "tpu"/],
    [['demo', '--broker', 'localhost'], /--broker must be a URL .* got 'localhost'/],
    [['watch'], /which broker\? Say mqtt:\/\/host:1883/],
    [['watch', 'localhost', 'a'], /url must be like mqtt:\/\/host:1883, got "localhost"/],
    [['watch', 'http://me:x%zz@host', 'a'], /got "http:\/\/…@host"/],
    [['watch', 'mqtt://me:x%zz@host', 'a'], /name and password in the URL must be percent-encoded/],
    [['watch', 'mqtt://:x@host', 'a'], /a password needs a --username, or one in the URL/],
    [['watch', 'mqtt://host', 'a', '--password', 'x'], /a password needs a --username/],
    [['watch', 'mqtt://host'], /which topics\? Say 'sensors\/#'/],
    [['watch', 'mqtt://host', 'a', 'b/#/c'], /topic filter must hold .* got "b\/#\/c"/],
    [['watch', 'mqtt://host', 'a', '--horizon', '257'], /--horizon must be a whole number from 1 to 256/],
    [['watch', 'mqtt://host', 'a', '--period', '10'], /--period must be a time such as .* got '10'/],
    [['watch', 'mqtt://host', 'a', '--period', '400d'], /--period must be a time such as .* got '400d'/],
    [['watch', 'mqtt://host', 'a', '--coverage', '0.8,0.8'], /--coverage must be .* got '0.8,0.8'/],
    [['watch', 'mqtt://host', 'a', '--coverage', '0.8,'], /--coverage must be .* got '0.8,'/],
    [['watch', 'mqtt://host', 'a', '--season', '1'], /--season must be a whole number from 2 to 2048/],
    [['watch', 'mqtt://host', 'a', '--warm-up', '1'], /--warm-up must be a whole number from 2 to 4096/],
    [['watch', 'mqtt://host', 'a', '--path', '__proto__'], /--path must be names with dots between them/],
    [['watch', 'mqtt://host', 'a', '--max-streams', '0'], /--max-streams must be a whole number from 1/],
    [['watch', 'mqtt://host', 'a', '--device', 'tpu'], /--device must be one of wasm, gpu, auto/],
    [['watch', 'mqtt://me@host', 'a', '--ca', 'x'], /--ca needs a URL such as mqtts:.* got 'mqtt:\/\/host'/],
    [['fit'], /which FILE\?/],
    [['fit', 'a.csv'], /which model file\? Say -o model\.safetensors/],
    [
      ['fit', 'a.csv', '-o', 'b', '--epochs', '0'],
      /--epochs must be a whole number from 1 to 10000, got '0'/,
    ],
    [['fit', 'a.csv', '-o', 'b', '--checkpoint', './b'], /-o and --checkpoint are the same file, 'b'/],
    [['fit', 'a.csv', '-o', 'b', '--mode', 'cold'], /--mode/],
    [['backtest'], /which FILE\?/],
    [['backtest', 'a', 'b'], /unexpected argument 'b'/],
    [['backtest', 'a', '--columns', 'x,,y'], /--columns has an empty name, got 'x,,y'/],
    [['backtest', 'a', '--horizon', '0'], /--horizon must be a whole number from 1 to 1024, got '0'/],
    [['backtest', 'a', '--horizon', ' '], /--horizon must be a whole number from 1 to 1024, got ' '/],
    [['backtest', 'a', '--segment', '1'], /--segment must be a whole number from 2 to 512, got '1'/],
    [['backtest', 'a', '--hidden', '30'], /--hidden must be a multiple of 4, got '30'/],
    [['backtest', 'a', '--season', '1'], /--season must be 0, for none, or at least 2 rows, got '1'/],
    [['backtest', 'a', '--scale', 'log'], /--scale must be one of fixed, running, auto, got 'log'/],
    [['backtest', 'a', '--seed', '1.5'], /--seed must be a whole number from 0 to 4294967295, got '1\.5'/],
    [['backtest', 'a', '--max-seconds', '0'], /--max-seconds must be more than 0 and at most 86400, got '0'/],
    [['backtest', 'a', '--mode', 'live'], /--mode must be one of frozen, stream, cold, got 'live'/],
    [['backtest', 'a', '--coverage', '90'], /--coverage must lie between 0 and 1, got '90'/],
    [['backtest', 'a', '--threads', 'all'], /--threads must be a whole number from 1 to 64, got 'all'/],
    [['backtest', 'a', '--device', 'tpu'], /--device must be one of wasm, gpu, auto, got "tpu"/],
    [
      ['backtest', 'a', '--fit', '0:9'],
      /--fit, --validate and --test belong together: --validate is missing/,
    ],
    [['inspect'], /which FILE\?/],
    [['inspect', 'a', 'b'], /unexpected argument 'b'/],
    [['inspect', 'a', '--preset', 'torch'], /--preset must be one of pytorch, .* got 'torch'/],
    [['inspect', 'a', '--head', 'fc', '--no-head'], /--head and --no-head contradict each other/],
    [['inspect', 'a', '--force'], /--force/],
    [['convert', 'a'], /which OUT\?/],
    [['convert', 'a', 'b'], /which format is 'b'/],
    [['convert', 'a', 'b.pt'], /which format is 'b.pt'/],
    [['convert', 'a', 'b.npz', '--to', 'keras'], /--to must be one of safetensors, .* got 'keras'/],
  ] as const) {
    it(`refuses '${printable(args.join(' '))}' with the reason`, async () => {
      const { code, out, err } = await finished(...args)
      assert.equal(code, 2)
      assert.equal(out, '')
      assert.match(err, message)
      assert.match(err, /Try gruflow( demo| watch| fit| backtest| inspect| convert)? --help/)
    })
  }

  // Everywhere else there is no device that is always full.
  const onLinux = process.platform === 'linux' ? it : it.skip
  onLinux('says in one line that its output cannot be written (on Linux, which has /dev/full)', () => {
    const full = openSync('/dev/full', 'w')
    const { status, stderr } = spawnSync(process.execPath, [program, '--help'], {
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    })
    closeSync(full)
    assert.deepEqual([status, stderr], [1, 'gruflow: the output cannot be written: ENOSPC\n'])
  })

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

  it('says what steps the GRU and why', async () => {
    const { child, line, closed } = gruflow('demo', '--headless', '--rate', '100', '--device', 'wasm')
    await line(/^cpu:wasm\S*: asked for$/)
    child.kill('SIGINT')
    assert.deepEqual(await closed, [0, null])
  })

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
