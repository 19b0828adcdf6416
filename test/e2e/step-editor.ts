import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import chromium from '@sparticuz/chromium'
import { type Page, chromium as playwright } from 'playwright-core'
import { packageRoot } from '../../src/cli/package.ts'
import { startLinked } from './linked.ts'

/** A model that is there from the beginning, and a name as long as names may be. */
export const PT = 'torch_gru2_head.pt'
export const LONG: string = 'x'.repeat(64)
export const weights = (name: string): string => join(packageRoot, 'test', 'fixtures', 'weights', name)

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
  device: 'wasm',
  maxStreams: '500',
}

/** The editor's own object in the page, as far as it is used here. */
interface EditorWindow {
  readonly RED: {
    readonly nodes: { node(id: string): Record<string, unknown> | null; dirty(): boolean }
    readonly editor: { edit(node: unknown): void }
  }
}

/** A browser on a real Node-RED with one `gru-step` node. */
export interface StepEditor {
  readonly page: Page
  /** What the page threw or asked. */
  readonly faults: readonly string[]
  /** What the editor knows of the node. */
  node(): Promise<Record<string, unknown>>
  /** Whether there is something to deploy. */
  dirty(): Promise<boolean>
  /** Opens the node's dialog. */
  open(): Promise<void>
  done(): Promise<void>
  cancel(): Promise<void>
  /** Settles when the tip below the file says it. */
  tip(wanted: RegExp): Promise<void>
  /** Names in the folder of models. */
  models(): string[]
  dispose(): Promise<void>
}

export async function openStepEditor(): Promise<StepEditor> {
  const nodeRed = await startLinked()
  const folder = join(nodeRed.userDir, 'gruflow', 'models')
  mkdirSync(folder, { recursive: true })
  copyFileSync(weights(PT), join(folder, PT))
  writeFileSync(join(folder, LONG), 'no model')
  await nodeRed.deploy([
    { id: 'tab', type: 'tab', label: 'Steps' },
    { ...NODE, id: 'node', type: 'gru-step', z: 'tab', x: 200, y: 100, wires: [[]] },
  ])
  const browser = await playwright.launch({
    executablePath: await chromium.executablePath(),
    args: chromium.args,
    headless: true,
  })
  const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } })
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('dialog', (dialog) => {
    faults.push(dialog.message())
    void dialog.dismiss()
  })
  await page.goto(nodeRed.url)
  await page.waitForSelector('.red-ui-flow-node')

  const leave = async (button: string): Promise<void> => {
    await page.click(button)
    await page.waitForSelector('#node-input-file', { state: 'detached' })
  }

  return {
    page,
    faults,
    node: () =>
      page.evaluate(() => {
        const { RED } = globalThis as unknown as EditorWindow
        const { file, features, sends, head, noHead, device, maxStreams, valid, changed } =
          RED.nodes.node('node')!
        return { file, features, sends, head, noHead, device, maxStreams, valid, changed }
      }),
    dirty: () => page.evaluate(() => (globalThis as unknown as EditorWindow).RED.nodes.dirty()),
    async open() {
      await page.evaluate(() => {
        const { RED } = globalThis as unknown as EditorWindow
        RED.editor.edit(RED.nodes.node('node'))
      })
      await page.waitForSelector(`#node-input-file option[value="${PT}"]`, { state: 'attached' })
    },
    done: () => leave('#node-dialog-ok'),
    cancel: () => leave('#node-dialog-cancel'),
    tip: (wanted) => page.locator('#node-input-file-tip', { hasText: wanted }).waitFor({ state: 'visible' }),
    models: () => readdirSync(folder).sort(),
    async dispose() {
      await browser.close()
      await nodeRed.dispose()
    },
  }
}
