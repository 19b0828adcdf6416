import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import chromium from '@sparticuz/chromium'
import { type Browser, type Page, chromium as playwright } from 'playwright-core'
import { packageRoot } from '../../src/cli/package.ts'
import { type Linked, startLinked } from './linked.ts'

const PT = 'torch_gru2_head.pt'
const weights = (name: string): string => join(packageRoot, 'test', 'fixtures', 'weights', name)

/** Every setting, as the editor writes them. */
const NODE = {
  name: '',
  file: 'gone.pt',
  property: 'payload',
  features: ['a', 'b', 'c'],
  keyProperty: 'topic',
  sends: 'output',
  preset: '',
  prefix: '',
  head: '',
  noHead: false,
  maxStreams: '500',
}

/** The editor's own object in the page, as far as it is used here. */
interface EditorWindow {
  readonly RED: {
    readonly nodes: { node(id: string): Record<string, unknown> | null }
    readonly editor: { edit(node: unknown): void }
  }
}

describe('the dialog of gru-step, in a browser', () => {
  let nodeRed: Linked
  let browser: Browser
  let page: Page
  const faults: string[] = []

  before(async () => {
    nodeRed = await startLinked()
    const folder = join(nodeRed.userDir, 'gruflow', 'models')
    mkdirSync(folder, { recursive: true })
    copyFileSync(weights(PT), join(folder, PT))
    writeFileSync(join(folder, 'x'.repeat(64)), 'no model')
    await nodeRed.deploy([
      { id: 'tab', type: 'tab', label: 'Steps' },
      { ...NODE, id: 'node', type: 'gru-step', z: 'tab', x: 200, y: 100, wires: [[]] },
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
    await page.goto(nodeRed.url)
    await page.waitForSelector('.red-ui-flow-node')
  })
  after(async () => {
    await browser?.close()
    await nodeRed?.dispose()
  })

  const node = (): Promise<Record<string, unknown>> =>
    page.evaluate(() => {
      const { file, features, sends, maxStreams, valid, changed } = (
        globalThis as unknown as EditorWindow
      ).RED.nodes.node('node')!
      return { file, features, sends, maxStreams, valid, changed }
    })
  async function open(): Promise<void> {
    await page.evaluate(() => {
      const { RED } = globalThis as unknown as EditorWindow
      RED.editor.edit(RED.nodes.node('node'))
    })
    await page.waitForSelector(`#node-input-file option[value="${PT}"]`, { state: 'attached' })
  }
  async function done(): Promise<void> {
    await page.click('#node-dialog-ok')
    await page.waitForSelector('#node-input-file', { state: 'detached' })
  }
  const options = (): Promise<string[]> => page.locator('#node-input-file option').allTextContents()
  /** Settles when the tip below the file says it. */
  const tip = (wanted: RegExp): Promise<void> =>
    page.locator('#node-input-file-tip', { hasText: wanted }).waitFor({ state: 'visible' })

  it('keeps what is set when nothing is touched, a file that is gone too', async () => {
    await open()
    assert.deepEqual(await options(), ['none: sent as msg.model', PT, 'x'.repeat(64), 'gone.pt (not there)'])
    await done()
    const { file, features, changed } = await node()
    assert.deepEqual([file, features, Boolean(changed)], ['gone.pt', ['a', 'b', 'c'], false])
  })

  it('chooses a file, adds a feature and drags it to another place', async () => {
    await open()
    await page.selectOption('#node-input-file', PT)
    await page.selectOption('#node-input-sends', 'both')
    const list = page.locator('#node-input-features-list')
    await list
      .locator('xpath=ancestor::div[contains(@class, "gru-list")]')
      .locator('.red-ui-editableList-addButton')
      .click()
    await list.locator('input').nth(3).fill(' AM2301.Temperature ')
    const grip = (row: number) => list.locator('.red-ui-editableList-item-handle').nth(row)
    const from = (await grip(3).boundingBox())!
    const to = (await grip(0).boundingBox())!
    await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2)
    await page.mouse.down()
    await page.mouse.move(to.x + to.width / 2, to.y - 10, { steps: 20 })
    await page.mouse.up()
    await list.locator('.red-ui-editableList-item-remove').nth(2).click()
    // Rows that are removed fade out first.
    await page.waitForFunction('document.querySelectorAll("#node-input-features-list input").length === 3')
    await done()
    const { valid, changed, ...saved } = await node()
    assert.deepEqual(saved, {
      file: PT,
      features: ['AM2301.Temperature', 'a', 'c'],
      sends: 'both',
      maxStreams: '500',
    })
    assert.deepEqual([valid, changed], [true, true])
  })

  it('uploads a file, says what is in it and chooses it', async () => {
    await open()
    await page.setInputFiles('#node-input-file-chooser', weights('torch_bidir2.safetensors'))
    await tip(/^3 inputs, 2 × 4 hidden units, 8 outputs$/)
    await page.waitForSelector('#node-input-file option[value="torch_bidir2.safetensors"]', {
      state: 'attached',
    })
    assert.equal(await page.inputValue('#node-input-file'), 'torch_bidir2.safetensors')
    await done()
    assert.equal((await node()).file, 'torch_bidir2.safetensors')
  })

  it('shows why a file is refused, as text', async () => {
    await open()
    const buffer = Buffer.from('no model')
    const upload = { mimeType: 'text/html', buffer }
    await page.setInputFiles('#node-input-file-chooser', { ...upload, name: 'no.pt' })
    await tip(/no known format/)
    await page.setInputFiles('#node-input-file-chooser', {
      ...upload,
      name: '<img src=x onerror=alert(1)>.pt',
    })
    await tip(/name must be .* got "<img src=x onerror=alert\(1\)>\.pt"/)
    assert.equal(await page.locator('#node-input-file-tip *').count(), 0)
    await done()
    assert.equal((await node()).file, 'torch_bidir2.safetensors')
    assert.deepEqual(readdirSync(join(nodeRed.userDir, 'gruflow', 'models')).sort(), [
      'torch_bidir2.safetensors',
      PT,
      'x'.repeat(64),
    ])
  })

  it('marks features that lead nowhere', async () => {
    await open()
    await page.locator('#node-input-features-list input').first().fill('a..b')
    await done()
    assert.equal((await node()).valid, false)
  })

  it('throws nothing and asks nothing', () => {
    assert.deepEqual(faults, [])
  })
})
