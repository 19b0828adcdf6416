import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { createServer } from 'node:tls'
import { type Broker, startBroker } from '../mqtt/broker.ts'
import { finished, type Gruflow, gruflow, killAll, program, start } from './child.ts'

/** Steps before the first forecast, given in these tests so that few readings do. */
const WARM_UP = 8
const OPTIONS = ['--period', '1s', '--warm-up', String(WARM_UP), '--horizon', '3', '--device', 'wasm']

/** Programs of the system; tests that need one that is missing are skipped. */
const OPENSSL = 'openssl'
const SCRIPT = 'script'

describe('gruflow watch', () => {
  let broker: Broker
  let step = 0

  beforeEach(async () => {
    broker = await startBroker()
    step = 0
  })
  afterEach(async () => {
    killAll()
    await broker.stop()
  })

  const publish = (topic: string, payload: string, retain = false): Promise<void> =>
    new Promise((resolve, reject) => {
      const packet = {
        cmd: 'publish',
        qos: 0,
        dup: false,
        topic,
        payload: Buffer.from(payload),
        retain,
      } as const
      broker.aedes.publish(packet, (error) => (error ? reject(error) : resolve()))
    })
  /** Readings that tell their time, one a second. */
  const readings = async (topic: string, count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const value = 20 + Math.sin(step)
      await publish(topic, JSON.stringify({ value, timestamp: 1.7e12 + 1000 * step++ }))
    }
  }
  const subscribed = (): Promise<unknown> => once(broker.aedes, 'subscribe')
  /** Watches `topics`, once the broker knows that. */
  const watch = async (topics: readonly string[], ...options: string[]): Promise<Gruflow> => {
    const known = subscribed()
    const watching = gruflow('watch', broker.url, ...topics, ...OPTIONS, ...options)
    await known
    return watching
  }
  const end = async ({ child, closed }: Gruflow): Promise<void> => {
    child.kill('SIGINT')
    assert.deepEqual(await closed, [0, null])
  }

  it('prints forecasts of several filters until it is interrupted, then what there was', async () => {
    const watching = await watch(['sensors/#', 'meter/+/power'])
    const errors = text(watching.child.stderr!)
    await readings('sensors/a', WARM_UP)
    await readings('meter/1/power', WARM_UP)
    await readings('meter/1/other', WARM_UP)
    assert.match(await watching.line(/^meter\/1\/power .*\[/), / \+3: \S+ \[.+, .+\] +[▁▂▃▄▅▆▇█]{4} +\S+ /)
    await watching.line(/^sensors\/a .* \+3: /)
    watching.child.kill('SIGTERM')
    assert.match(
      await watching.line(/readings of/),
      /^16 readings of 2 topics in .* s: 2 forecasts; GRU version 0$/,
    )
    assert.deepEqual(await watching.closed, [0, null])
    assert.equal(await errors, '')
  })

  it('prints a line of JSON for each reading', async () => {
    const watching = await watch(['#'], '--json', '--coverage', '0.8,0.95')
    const errors = text(watching.child.stderr!)
    await publish('evil/\u001b[2J\u009b\u202e', 'open the door')
    await readings('a', WARM_UP)
    const line = await watching.line(/"skipped"/)
    assert.match(line, /^[ -~]*$/)
    const { topic, skipped } = JSON.parse(line)
    assert.equal(topic, 'evil/\u001b[2J\u009b\u202e')
    assert.deepEqual(skipped, { reason: 'invalid', message: 'payload must be a number, got "open the door"' })
    const { forecast } = JSON.parse(await watching.line(/"forecast"/))
    assert.equal(forecast.key, 'a')
    assert.deepEqual(
      forecast.intervals.map(({ coverage }: { coverage: number }) => coverage),
      [0.8, 0.95],
    )
    assert.equal(forecast.mean.length, 3)
    await end(watching)
    assert.match(await errors, /^9 readings of 1 topic in .*: 1 forecasts, 1 unusable; GRU version 0\n$/)
  })

  it('counts payloads that it cannot use, says why, and prints no control character of theirs', async () => {
    const watching = await watch(['#'])
    await publish('evil/\u001b[2J', '{"a":1,"b":2}')
    assert.equal(
      await watching.line(/unusable/),
      '1 unusable, newest: evil/\\u001b[2J: payload holds several numbers, name one by path: "a", "b"',
    )
    await end(watching)
  })

  it('reads what --path leads to, and says where it leads to nothing', async () => {
    await publish('a', '{"room":{"t":99}}', true)
    const watching = await watch(['#'], '--json', '--path', 'room.celsius')
    await publish('a', '{"room":{"celsius":21.5}}')
    const first = JSON.parse(await watching.line(/^/))
    assert.equal(first.skipped.reason, 'invalid')
    assert.match(first.skipped.message, /"room.celsius" leads to nothing/)
    assert.equal(JSON.parse(await watching.line(/^/)).skipped.reason, 'warming')
    await end(watching)
  })

  it('passes over a value that the broker had kept, of unknown age', async () => {
    await publish('a', '99', true)
    const watching = await watch(['#'], '--json')
    await publish('b', '1')
    assert.equal(JSON.parse(await watching.line(/^/)).topic, 'b')
    await end(watching)
  })

  it('goes on when the broker comes back', async () => {
    const watching = await watch(['#'], '--json')
    const said = createInterface({ input: watching.child.stderr! })[Symbol.asyncIterator]()
    await publish('a', '1')
    await watching.line(/"a"/)
    await broker.stop()
    const { value: lost } = await said.next()
    assert.match(lost, new RegExp(`^MQTT broker ${broker.url}: .*; trying again$`))
    broker = await startBroker(broker.port)
    await subscribed()
    await publish('b', '2')
    await watching.line(/"b"/)
    await end(watching)
  })

  it('says why a broker cannot be reached', async () => {
    const { url, port } = broker
    await broker.stop()
    const { code, out, err } = await finished('watch', `mqtt://me:secret@127.0.0.1:${port}`, '#')
    assert.deepEqual([code, out], [1, ''])
    assert.equal(err, `gruflow: cannot connect to ${url}: connect ECONNREFUSED 127.0.0.1:${port}\n`)
    broker = await startBroker()
  })

  it('says that the broker refuses a subscription, and goes on', async () => {
    broker.aedes.authorizeSubscribe = (_client, subscription, done) =>
      done(null, subscription.topic === 'secret/#' ? null : subscription)
    const watching = await watch(['open', 'secret/#'])
    const [said] = await once(watching.child.stderr!, 'data')
    assert.equal(
      String(said),
      `MQTT broker ${broker.url}: the broker refused the subscription to "secret/#"\n`,
    )
    await end(watching)
  })

  describe('at a broker that asks for a password', () => {
    beforeEach(() => {
      broker.aedes.authenticate = (_client, name, password, done) =>
        done(null, name === 'me@home' && String(password) === 'pass:word/ä')
    })
    const withName = (auth: string): string => broker.url.replace('//', `//${auth}@`)

    for (const [where, args, env] of [
      ['the URL', () => [withName('me%40home:pass%3Aword%2F%C3%A4')], {}],
      ['options', () => [broker.url, '--username', 'me@home', '--password', 'pass:word/ä'], {}],
      ['the environment', () => [withName('me%40home')], { GRUFLOW_MQTT_PASSWORD: 'pass:word/ä' }],
    ] as const) {
      it(`takes name and password from ${where}`, async () => {
        const known = subscribed()
        const [url, ...rest] = args()
        const child = start(process.execPath, [program, 'watch', url, '#', '--json', ...rest], {
          env: { ...process.env, ...env },
        })
        await known
        await publish('a', '1')
        const [line] = await once(child.stdout, 'data')
        assert.match(String(line), /"warming"/)
        child.kill('SIGINT')
        assert.deepEqual(await once(child, 'close'), [0, null])
      })
    }

    it('says that it was refused, never the password', async () => {
      const { code, out, err } = await finished('watch', withName('me:secret'), '#')
      assert.deepEqual([code, out], [1, ''])
      assert.match(err, /^gruflow: cannot connect to mqtt:\/\/127\.0\.0\.1:\d+: Connection refused: .*\n$/)
      assert.doesNotMatch(err, /secret/)
    })
  })

  it('trusts the authority of --ca', async function () {
    const folder = await mkdtemp(join(tmpdir(), 'gruflow-tls-'))
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
    const made = spawnSync(OPENSSL, [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
      ...['-keyout', key, '-out', certificate],
    ])
    if (made.error) {
      console.log('      openssl is not installed, which makes the certificate')
      this.skip()
    }
    const server = createServer(
      { key: await readFile(key), cert: await readFile(certificate) },
      broker.aedes.handle,
    )
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `mqtts://localhost:${(server.address() as AddressInfo).port}`
    try {
      const stranger = await finished('watch', url, '#')
      assert.equal(stranger.code, 1)
      assert.match(stranger.err, /^gruflow: cannot connect to mqtts:\/\/localhost:\d+: .*certificate/)
      const known = subscribed()
      const watching = gruflow('watch', url, '#', '--json', '--ca', certificate)
      await known
      await publish('a', '1')
      await watching.line(/"warming"/)
      await end(watching)
    } finally {
      server.close()
      await rm(folder, { recursive: true })
    }
  })

  describe('with files', () => {
    let folder: string
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'gruflow-watch-'))
    })
    afterEach(() => rm(folder, { recursive: true }))

    it('says which one cannot be used', async () => {
      const bad = join(folder, 'bad.pem')
      await writeFile(bad, 'no certificate')
      for (const [options, message] of [
        [['--ca', bad], /bad\.pem' holds no certificate$/],
        [['--ca', join(folder, 'none.pem')], /none\.pem' cannot be read: ENOENT$/],
        [['--model', bad], /bad\.pem: /],
      ] as const) {
        const { code, out, err } = await finished('watch', 'mqtts://127.0.0.1:1', '#', ...options)
        assert.deepEqual([code, out], [1, ''])
        assert.match(err.trimEnd(), message)
      }
    })

    it('begins with a model, whose horizon and period it takes', async () => {
      const model = await fittedModel(folder)
      const known = subscribed()
      const watching = gruflow('watch', broker.url, '#', '--json', '--warm-up', '8', '--model', model)
      await known
      await readings('a', WARM_UP)
      const { forecast } = JSON.parse(await watching.line(/"forecast"/))
      assert.deepEqual([forecast.mean.length, forecast.period], [6, 1000])
      assert.match(forecast.device, /^cpu:wasm/)
      await end(watching)
      const { code, err } = await finished('watch', broker.url, '#', '--horizon', '7', '--model', model)
      assert.equal(code, 1)
      assert.match(err, /model\.safetensors: it forecasts 6 steps ahead, not 7$/m)
    })
  })

  it('draws a table over itself on a terminal', async function () {
    const terminal = `${process.execPath} ${program} watch ${broker.url} '#' ${OPTIONS.join(' ')}`
    // Of util-linux: runs a command on a terminal of its own. That of BSD has other options.
    if (process.platform !== 'linux' || spawnSync(SCRIPT, ['--version']).error) {
      console.log('      there is no script(1) of util-linux, which opens a terminal')
      this.skip()
    }
    const known = subscribed()
    const command = `stty cols 100 rows 10; exec ${terminal}`
    const child = spawn(SCRIPT, ['-qefc', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] })
    let seen = ''
    const drawn = new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (part) => {
        seen += part
        if (/\[\d+A\rtopic[\s\S]*\na +\S+ +\S+ \[/.test(seen)) resolve()
      })
      child.once('exit', () => reject(new Error(`it ended:\n${seen}`)))
    })
    await known
    await readings('a', WARM_UP)
    await drawn
    const ended = once(child, 'close')
    // Ctrl-C, which the terminal turns into SIGINT.
    child.stdin.write('\u0003')
    assert.deepEqual(await ended, [0, null])
    assert.match(seen, /8 readings of 1 topic in .* s: 1 forecasts; GRU version 0\r\n$/)
  })
})

/** A small model for readings a second apart. */
async function fittedModel(folder: string): Promise<string> {
  const [table, model] = [join(folder, 'history.csv'), join(folder, 'model.safetensors')]
  const rows = Array.from({ length: 400 }, (_, row) => {
    return `${new Date(1.7e12 + 1000 * row).toISOString()},${(20 + Math.sin(row)).toFixed(4)}`
  })
  await writeFile(table, `time,a\n${rows.join('\n')}\n`)
  const size = ['--horizon', '6', '--segment', '6', '--hidden', '8', '--epochs', '1']
  const { code, err } = await finished('fit', table, '-o', model, ...size)
  assert.equal(code, 0, err)
  return model
}
