import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { join } from 'node:path'
import { serveModelFiles } from '../../nodes/modelRoutes.ts'
import { openModelFiles } from '../../nodes/models.ts'
import type { AdminHandler, Red } from '../../nodes/red.ts'
import { quote } from '../../src/quote.ts'
import { createRuntime, type Runtime } from './red.ts'
import { install, stepFlow, torch } from './stepFlow.ts'

/** Names that lead out of a folder, to a device, to nothing, or only look harmless. */
const HOSTILE: readonly string[] = hostileNames()

describe('model files of gru-step', () => {
  let red: Runtime
  let server: Server
  let url: string
  const models = (): string => join(red.userDir, 'gruflow', 'models')
  const upload = (name: string, body: Uint8Array, type = 'application/octet-stream'): Promise<Response> =>
    fetch(`${url}/gru-step/models/${name}`, { method: 'POST', headers: { 'content-type': type }, body })

  beforeEach(async () => {
    red = createRuntime()
    await red.start(stepFlow({ file: '' }))
    server = createServer(red.admin()).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterEach(async () => {
    server.closeAllConnections()
    server.close()
    await red.dispose()
  })

  it('are uploaded, listed and replaced, and used by their name', async () => {
    assert.deepEqual(await (await fetch(`${url}/gru-step/models`)).json(), { files: [] })
    for (let time = 0; time < 2; time++) {
      const response = await upload('m.safetensors', torch.bytes)
      assert.equal(response.status, 200)
      const sizes = { inputSize: 3, layers: 2, hiddenSize: 5, outputSize: 2 }
      assert.deepEqual(await response.json(), { name: 'm.safetensors', format: 'safetensors', ...sizes })
    }
    const listed = await (await fetch(`${url}/gru-step/models`)).json()
    assert.deepEqual(listed, { files: [{ name: 'm.safetensors', bytes: torch.bytes.length }] })
    assert.deepEqual(readdirSync(models()), ['m.safetensors'], 'and nothing beside it')
    assert.deepEqual(readFileSync(join(models(), 'm.safetensors')), torch.bytes)
  })

  it('are refused when they are none, and the one of that name stays', async () => {
    await upload('m.safetensors', torch.bytes)
    for (const bytes of [Buffer.from('no model'), Buffer.alloc(0), torch.bytes.subarray(0, 300)]) {
      const response = await upload('m.safetensors', bytes)
      assert.equal(response.status, 400)
      const { error } = (await response.json()) as { error: string }
      assert.match(error, /\w+ .*\w/)
    }
    assert.deepEqual(readFileSync(join(models(), 'm.safetensors')), torch.bytes)
    assert.deepEqual(readdirSync(models()), ['m.safetensors'])
  })

  it('are taken from the editor only, and only so large', async () => {
    for (const type of ['text/plain', 'multipart/form-data', 'application/octet-streams', '']) {
      assert.equal((await upload('m.pt', torch.bytes, type)).status, 415, type)
    }
    assert.equal(await announce(64 * 2 ** 20 + 1), 413)
    assert.equal(await pour(64 * 2 ** 20 + 1), 413)
    assert.ok(!existsSync(models()))
    for (const type of ['Application/Octet-Stream', 'application/octet-stream; charset=binary']) {
      assert.equal((await upload('m.pt', torch.bytes, type)).status, 200, type)
    }
  })

  it(`lie in their folder, whatever they are called: ${HOSTILE.length} names, 0 escapes`, async () => {
    assert.ok(HOSTILE.length >= 200)
    const files = openModelFiles(red.userDir)
    install(red, torch.file)
    const before = readdirSync(red.userDir, { recursive: true }).sort()
    const secret = join(red.userDir, 'secret')
    writeFileSync(secret, torch.bytes)
    for (const name of HOSTILE) {
      await assert.rejects(
        files.find(name),
        { message: /^(a model file's name must be|the model file .* cannot be read)/ },
        quote(name),
      )
      await assert.rejects(
        files.keep(name, torch.bytes),
        /^RangeError: a model file's name must be/,
        quote(name),
      )
      // Percent-encoded, because a client would tidy up the path; the server decodes it again.
      const response = await upload(encodeURIComponent(name), torch.bytes)
      assert.notEqual(response.status, 200, quote(name))
    }
    assert.deepEqual(readdirSync(red.userDir, { recursive: true }).sort(), [...before, 'secret'].sort())
  })

  it('are not what links lead to outside, folders or devices', async () => {
    install(red, torch.file)
    const secret = join(red.userDir, 'secret')
    writeFileSync(secret, torch.bytes)
    symlinkSync(secret, join(models(), 'link'))
    symlinkSync('/dev/zero', join(models(), 'device'))
    symlinkSync(models(), join(models(), 'loop'))
    symlinkSync(join(models(), torch.file), join(models(), 'alias'))
    mkdirSync(join(models(), 'folder'))
    const files = openModelFiles(red.userDir)
    await assert.rejects(files.find('link'), /"link" is a link that leads out of the folder/)
    await assert.rejects(files.find('device'), /leads out/)
    await assert.rejects(files.find('loop'), /leads out/)
    await assert.rejects(files.find('folder'), /no regular file/)
    assert.equal(await files.find('alias'), await files.find(torch.file))
    assert.deepEqual(
      (await files.list()).map(({ name }) => name),
      ['alias', torch.file],
    )
    // An upload replaces a link, not what it leads to.
    await files.keep('link', torch.bytes.subarray())
    assert.deepEqual(readFileSync(secret), torch.bytes)
    assert.ok((await files.list()).some(({ name }) => name === 'link'))
  })

  it('ask for permission on every route', () => {
    const routes: [string, string, unknown][] = []
    const guard = (permission: string): AdminHandler => Object.assign(() => {}, { permission })
    const note = (method: string) => (path: string, first: AdminHandler) =>
      routes.push([method, path, (first as AdminHandler & { permission?: string }).permission])
    serveModelFiles({
      settings: {},
      auth: { needsPermission: guard },
      httpAdmin: { get: note('get'), post: note('post') },
    } as unknown as Red)
    assert.deepEqual(routes, [
      ['get', '/gru-step/models', 'gru-step.read'],
      ['post', '/gru-step/models/:name', 'gru-step.write'],
    ])
  })

  /** Says that so much will come, and sends nothing. */
  const announce = (length: number): Promise<number> => post(`Content-Length: ${length}\r\n\r\n`)
  /** Sends so much without saying so. */
  const pour = (length: number): Promise<number> => {
    const chunk = Buffer.alloc(2 ** 20)
    const size = `${chunk.length.toString(16)}\r\n`
    return post('Transfer-Encoding: chunked\r\n\r\n', (socket) => {
      for (let sent = 0; sent < length; sent += chunk.length) {
        socket.write(size)
        socket.write(chunk)
        socket.write('\r\n')
      }
    })
  }

  function post(end: string, send: (socket: ReturnType<typeof connect>) => void = () => {}): Promise<number> {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    socket.write(
      `POST /gru-step/models/m.pt HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\n${end}`,
    )
    send(socket)
    return new Promise((resolve, reject) => {
      socket.once('data', (data) => {
        resolve(Number(/^HTTP\/1.1 (\d+)/.exec(String(data))?.[1]))
        socket.destroy()
      })
      socket.once('error', reject)
    })
  }
})

function hostileNames(): string[] {
  const up = [
    '../',
    '..\\',
    '..%2f',
    '..%5c',
    '..%252f',
    '%2e%2e/',
    '%2e%2e%2f',
    '....//',
    '..;/',
    '.\u2024/',
  ]
  const targets = ['secret', 'etc/passwd', 'settings.js', 'models/x.pt']
  const climbing = up.flatMap((step) =>
    [1, 2, 3, 8].flatMap((times) => targets.map((target) => step.repeat(times) + target)),
  )
  const absolute = [
    '/etc/passwd',
    '/dev/zero',
    '\\\\server\\share',
    'C:\\boot.ini',
    'C:secret',
    'file:///etc/passwd',
  ]
  const odd = [
    '',
    '.',
    '..',
    '...',
    '.hidden',
    '.npmrc',
    ' ',
    ' a',
    'a ',
    'a b',
    'a\0.pt',
    '\0',
    'a\nb',
    'a\rb',
    'ä.pt',
  ]
  const more = [
    'a/b',
    'a\\b',
    'a:b',
    'a*',
    'a?b',
    'a|b',
    '<img onerror=1>',
    '"',
    "'",
    '`id`',
    '$(id)',
    '${x}',
    '{{x}}',
    '~',
    '~/x',
  ]
  const long = [
    'x'.repeat(65),
    `${'x'.repeat(70_000)}`,
    '\u202ex.pt',
    '\u200bx',
    '\ud83d\ude00',
    '.'.repeat(64),
  ]
  return [...climbing, ...absolute, ...odd, ...more, ...long]
}
