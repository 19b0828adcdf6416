import assert from 'node:assert/strict'
import chromium from '@sparticuz/chromium'
import { type Browser, type Page, chromium as playwright } from 'playwright-core'
import { type Linked, startLinked } from './linked.ts'

/** The editor's own object in the page, as far as it is used here. */
interface EditorWindow {
  readonly RED: {
    readonly nodes: { node(id: string): Record<string, unknown> | null }
    readonly editor: { edit(node: unknown): void }
  }
}

const NODE = {
  ...{ id: 'node', type: 'gru-train', z: 'tab', x: 200, y: 100, wires: [[], []] },
  ...{ name: '', history: 'payload', filename: '', model: '', horizon: '24', saveAs: '' },
  ...{ maxSeconds: '600', epochs: '20', seed: '1' },
}
const MODEL = { id: 'model', type: 'gru-model', name: 'plant', horizon: '12', season: '', segment: '24' }

describe('the dialog of gru-train, in a browser', () => {
  let nodeRed: Linked
  let browser: Browser
  let page: Page
  const faults: string[] = []
  /** What the page has asked for. */
  const asked: string[] = []

  before(async () => {
    nodeRed = await startLinked()
    await nodeRed.deploy([
      { id: 'tab', type: 'tab', label: 'Training' },
      { ...MODEL, hiddenSize: '32', begin: '', learn: false, device: 'wasm' },
      NODE,
    ])
    browser = await playwright.launch({
      executablePath: await chromium.executablePath(),
      args: chromium.args,
      headless: true,
    })
    page = await browser.newPage({ viewport: { width: 1400, height: 1000 } })
    page.on('pageerror', (error) => faults.push(error.message))
    page.on('dialog', (dialog) => {
      faults.push(dialog.message())
      void dialog.dismiss()
    })
    page.on('request', (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`))
    await page.goto(nodeRed.url)
    await page.waitForSelector('.red-ui-flow-node')
  })
  after(async () => {
    await browser?.close()
    await nodeRed?.dispose()
  })

  const open = async (): Promise<void> => {
    await page.evaluate(() => {
      const { RED } = globalThis as unknown as EditorWindow
      RED.editor.edit(RED.nodes.node('node'))
    })
    await page.waitForSelector('#node-input-history')
  }
  const leave = async (button: string): Promise<void> => {
    await page.click(button)
    await page.waitForSelector('#node-input-history', { state: 'detached' })
  }
  const settings = (): Promise<Record<string, unknown>> =>
    page.evaluate((names) => {
      const node = (globalThis as unknown as EditorWindow).RED.nodes.node('node')!
      return Object.fromEntries([...names, 'valid', 'changed'].map((name) => [name, node[name]]))
    }, Object.keys(NODE))
  const line = (name: string, wanted: string | RegExp): Promise<void> =>
    page.locator(`#node-input-fit-${name}`, { hasText: wanted }).waitFor({ state: 'visible' })

  it('keeps what is set when nothing is touched', async () => {
    await open()
    await leave('#node-dialog-ok')
    const { history, model, horizon, maxSeconds, epochs, seed, changed, valid } = await settings()
    assert.deepEqual(
      [history, model, horizon, maxSeconds, epochs, seed],
      ['payload', '', '24', '600', '20', '1'],
    )
    assert.deepEqual([Boolean(changed), valid], [false, true])
  })

  it('asks for a file only where the history is in one, and for a horizon only without a model', async () => {
    await open()
    assert.ok(!(await page.isVisible('#node-input-filename')))
    await page.selectOption('#node-input-history', 'file')
    await page.fill('#node-input-filename', 'plant.csv')
    assert.ok(await page.isVisible('#node-input-horizon'))
    await page.selectOption('select#node-input-model', 'model')
    assert.ok(!(await page.isVisible('#node-input-horizon')))
    assert.ok(await page.isVisible('#node-input-model-tip'))
    await leave('#node-dialog-ok')
    const { history, filename, model } = await settings()
    assert.deepEqual([history, filename, model], ['file', 'plant.csv', 'model'])
  })

  it('marks numbers and names that cannot be', async () => {
    await open()
    await page.click('summary')
    await page.fill('#node-input-epochs', '0')
    await page.fill('#node-input-saveAs', '../x')
    await leave('#node-dialog-ok')
    assert.equal((await settings()).valid, false)
    await open()
    await page.click('summary')
    await page.fill('#node-input-epochs', '20')
    await page.fill('#node-input-saveAs', 'x')
    await leave('#node-dialog-ok')
    assert.equal((await settings()).valid, true)
  })

  it('shows how far a fit is, as text, and ends it', async () => {
    const progress = {
      ...{ stage: 'measuring', epoch: 3, epochs: 20, update: 30, maxUpdates: 200 },
      ...{ loss: 0.51234, validationLoss: null, share: 0.625, secondsLeft: 13.2 },
    }
    const last = { error: '<b id="html">why</b>' }
    let report: object = { state: 'fitting', waiting: 1, collected: 7, progress, last }
    await page.route('**/gru-train/node/progress', (route) => route.fulfill({ json: report }))
    await page.route('**/gru-train/node/stop', (route) => {
      report = {
        state: 'idle',
        waiting: 0,
        collected: 0,
        progress: null,
        last: { sentence: 'as good as naive' },
      }
      return route.fulfill({ json: { stopped: 2 } })
    })
    await open()
    await line(
      'text',
      '62 %: Learning from the older rows, to be measured on the newest, epoch 3 of at most 20, at most 14 s to go',
    )
    await line(
      'losses',
      'Mean absolute error 0.512 on rows learned from, mean squared error – on rows held back',
    )
    await line('waiting', '1 histories wait; 7 rows have come of one that is not complete')
    await line('last', '<b id="html">why</b>')
    assert.equal(await page.locator('#html').count(), 0)
    const bar = page.locator('#node-input-fit-bar')
    assert.equal(await bar.evaluate((element) => (element as unknown as { value: number }).value), 0.625)
    await page.click('#node-input-fit-stop')
    await line('last', 'as good as naive')
    assert.ok(asked.includes('POST /gru-train/node/stop'))
    await bar.waitFor({ state: 'hidden' })
    await leave('#node-dialog-cancel')
    await page.unroute('**/gru-train/node/*')
  })

  it('asks nothing once it is closed', async () => {
    const asks = (): number => asked.filter((path) => path.endsWith('/progress')).length
    await open()
    const before = asks()
    await page.waitForRequest('**/gru-train/node/progress')
    assert.ok(asks() > before)
    await leave('#node-dialog-cancel')
    const closed = asks()
    await page.waitForTimeout(1500)
    assert.equal(asks(), closed)
  })

  it('throws nothing and asks nothing of the user', () => {
    assert.deepEqual(faults, [])
  })
})
