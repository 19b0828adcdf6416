import assert from 'node:assert/strict'
import chromium from '@sparticuz/chromium'
import { type Browser, type Page, chromium as playwright } from 'playwright-core'
import { type Linked, startLinked } from './linked.ts'

/** The editor's own object in the page, as far as it is used here. */
interface EditorWindow {
  readonly RED: {
    readonly nodes: { node(id: string): Record<string, unknown> | null }
    readonly editor: { editConfig(name: string, type: string, id: string): void }
  }
}

/** Saved before there was a choice of device. */
const OLD = { id: 'old', type: 'gru-model', name: '', horizon: '24', season: '', segment: '24' }
const NEW = { ...OLD, id: 'new', hiddenSize: '32', learn: true, device: 'wasm' }

describe('the dialog of gru-model, in a browser', () => {
  let nodeRed: Linked
  let browser: Browser
  let page: Page
  const faults: string[] = []
  /** Paths that the page has asked for. */
  const asked: string[] = []

  before(async () => {
    nodeRed = await startLinked()
    const forecast = { type: 'gru-forecast', z: 'tab', x: 200, wires: [[]] }
    await nodeRed.deploy([
      { id: 'tab', type: 'tab', label: 'Models' },
      { ...OLD, hiddenSize: '32', learn: true },
      NEW,
      { ...forecast, id: 'a', y: 100, model: 'old' },
      { ...forecast, id: 'b', y: 200, model: 'new' },
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
    page.on('request', (request) => asked.push(new URL(request.url()).pathname))
    await page.goto(nodeRed.url)
    await page.waitForSelector('.red-ui-flow-node')
  })
  after(async () => {
    await browser?.close()
    await nodeRed?.dispose()
  })

  const open = async (id: string): Promise<void> => {
    await page.evaluate((of) => {
      const { RED } = globalThis as unknown as EditorWindow
      RED.editor.editConfig('', 'gru-model', of)
    }, id)
    await page.locator('#node-config-input-device-tip').waitFor({ state: 'visible' })
  }
  const leave = async (button: string): Promise<void> => {
    await page.click(button)
    await page.waitForSelector('#node-config-input-horizon', { state: 'detached' })
  }
  const device = (id: string): Promise<unknown> =>
    page.evaluate((of) => (globalThis as unknown as EditorWindow).RED.nodes.node(of)?.device, id)

  it('says what runs the model, as text', async () => {
    await page.route('**/gru-model/new/device', (route) =>
      route.fulfill({
        json: { device: 'gpu:nvidia', reason: '<b id="html">why</b>', batch: 4096.4, microseconds: 0.8123 },
      }),
    )
    await open('new')
    assert.deepEqual(await page.locator('#node-config-input-device-tip > div:visible').allTextContents(), [
      'Runs on gpu:nvidia: <b id="html">why</b>',
      '4100 readings at a time, 0.812 µs each',
    ])
    assert.equal(await page.locator('#html').count(), 0)
    await page.unroute('**/gru-model/new/device')
    await page
      .locator('#node-config-input-device-ran', { hasText: 'Runs on none: the GRU has not been fitted yet' })
      .waitFor()
    assert.equal(await page.textContent('#node-config-input-device-load'), '')
    await leave('#node-config-dialog-cancel')
    const before = asked.filter((path) => path.endsWith('/device')).length
    await page.waitForTimeout(2500)
    assert.equal(
      asked.filter((path) => path.endsWith('/device')).length,
      before,
      'asked for while it is open',
    )
  })

  it('chooses what is to run it, auto in a node from before there was a choice', async () => {
    await open('old')
    await page.click('summary')
    assert.equal(await page.inputValue('#node-config-input-device'), 'auto')
    await page.selectOption('#node-config-input-device', 'gpu')
    await leave('#node-config-dialog-ok')
    assert.equal(await device('old'), 'gpu')
  })

  it('chooses what to begin with, nothing in a node from before there was a choice', async () => {
    await page.route('**/gru-model/models', (route) =>
      route.fulfill({ json: { files: [{ name: 'hall.safetensors', bytes: 1 }] } }),
    )
    const begin = '#node-config-input-begin'
    await open('old')
    assert.equal(await page.inputValue(begin), '')
    await page.waitForSelector(`${begin} option[value="hall.safetensors"]`, { state: 'attached' })
    await page.selectOption(begin, 'hall.safetensors')
    await leave('#node-config-dialog-ok')
    await page.unroute('**/gru-model/models')
    await open('old')
    await page.waitForSelector(`${begin} option:text("hall.safetensors (not there)")`, { state: 'attached' })
    assert.equal(await page.inputValue(begin), 'hall.safetensors')
    await leave('#node-config-dialog-cancel')
  })

  it('throws nothing and asks nothing', () => {
    assert.deepEqual(faults, [])
  })
})
