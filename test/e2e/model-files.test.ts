import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../src/cli/package.ts'
import { type Linked, startLinked } from './linked.ts'

/** Two users: `admin` may do everything, `reader` may only read; each has its name as password. */
const AUTH = `adminAuth: {
  type: 'credentials',
  users: async (name) => PERMISSIONS[name] && { username: name, permissions: PERMISSIONS[name] },
  authenticate: async (name, password) =>
    name === password && PERMISSIONS[name] ? { username: name, permissions: PERMISSIONS[name] } : null,
},`.replaceAll('PERMISSIONS', "({ admin: '*', reader: 'read' })")

describe('the model files of gru-step, in a Node-RED with users', () => {
  const file = readFileSync(join(packageRoot, 'test/fixtures/weights/torch_gru2_head.pt'))
  let nodeRed: Linked
  let folder: string

  before(async () => {
    nodeRed = await startLinked(AUTH)
    folder = join(nodeRed.userDir, 'gruflow', 'models')
  })
  after(() => nodeRed?.dispose())

  async function login(user: string, scope: string): Promise<object> {
    const body = new URLSearchParams({
      client_id: 'node-red-admin',
      grant_type: 'password',
      scope,
      username: user,
      password: user,
    })
    const response = await fetch(`${nodeRed.url}/auth/token`, { method: 'POST', body })
    const { access_token } = (await response.json()) as { access_token: string }
    return { authorization: `Bearer ${access_token}` }
  }
  const list = async (headers: object): Promise<Response> =>
    fetch(`${nodeRed.url}/gru-step/models`, { headers: { ...headers } })
  const device = async (headers: object): Promise<Response> =>
    fetch(`${nodeRed.url}/gru-model/model/device`, { headers: { ...headers } })
  const upload = async (name: string, headers: object): Promise<Response> =>
    fetch(`${nodeRed.url}/gru-step/models/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream', ...headers },
      body: file,
    })

  it('are nothing to strangers, nor is what runs a model', async () => {
    for (const headers of [{}, { authorization: 'Bearer nothing' }]) {
      assert.equal((await list(headers)).status, 401)
      assert.equal((await upload('a.pt', headers)).status, 401)
      assert.equal((await device(headers)).status, 401)
    }
    assert.ok(!existsSync(folder))
  })

  it('are listed, not uploaded, by those who may only read', async () => {
    const reader = await login('reader', 'read')
    assert.equal((await list(reader)).status, 200)
    assert.equal((await device(reader)).status, 404, 'no such model')
    assert.ok([401, 403].includes((await upload('a.pt', reader)).status))
    assert.ok(!existsSync(folder))
  })

  it('are uploaded by those who may, into their folder only', async () => {
    const admin = await login('admin', '*')
    for (const name of ['..%2f..%2fflows.json', '%2e%2e%2fa.pt', '.a.pt', 'a%00.pt', 'a%2fb.pt']) {
      assert.equal((await upload(name, admin)).status, 400, name)
    }
    assert.ok(!existsSync(folder))
    assert.equal((await upload('a.pt', admin)).status, 200)
    assert.deepEqual(await (await list(admin)).json(), { files: [{ name: 'a.pt', bytes: file.length }] })
  })
})

describe('the model files of gru-step, in a Node-RED without users', () => {
  const file = readFileSync(join(packageRoot, 'test/fixtures/weights/torch_gru2_head.pt'))
  let nodeRed: Linked

  before(async () => {
    nodeRed = await startLinked()
  })
  after(() => nodeRed?.dispose())

  const upload = (headers: object, method = 'POST'): Promise<Response> =>
    fetch(`${nodeRed.url}/gru-step/models/a.pt`, {
      method,
      headers: { 'content-type': 'application/octet-stream', ...headers },
      body: method === 'POST' ? file : undefined,
    })

  it('are not uploaded by pages of other servers, though Node-RED lets these ask', async () => {
    const origin = 'http://elsewhere.example'
    const asked = {
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type',
    }
    const preflight = await upload({ origin, ...asked }, 'OPTIONS')
    assert.equal(preflight.headers.get('access-control-allow-origin'), '*')
    const foreign = [
      origin,
      'null',
      'not an origin',
      nodeRed.url.replace(/\d+$/, '1'),
      `${nodeRed.url}.example`,
    ]
    for (const name of foreign) {
      for (const site of [{}, { 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }]) {
        assert.equal((await upload({ origin: name, ...site })).status, 403, name)
      }
    }
    assert.ok(!existsSync(join(nodeRed.userDir, 'gruflow')))
  })

  it('are uploaded by its own pages, behind a proxy too, and by programs', async () => {
    for (const headers of [
      { origin: nodeRed.url },
      { origin: 'https://proxy.example', 'sec-fetch-site': 'same-origin' },
      {},
    ]) {
      assert.equal((await upload(headers)).status, 200)
    }
  })
})
