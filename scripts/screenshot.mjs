// Photographs a running Node-RED editor:
//   node scripts/screenshot.mjs http://127.0.0.1:1880 docs/images/editor.png [--node <id>] [--select <id>] [--sidebar <tab>] [--size 1400x800]
// With --node the dialog of a node is open, with --select it is selected, with --sidebar a tab of the sidebar is in front:
// info, help or debug.
import { parseArgs } from 'node:util'
import chromium from '@sparticuz/chromium'
import { chromium as playwright } from 'playwright-core'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    node: { type: 'string' },
    select: { type: 'string' },
    sidebar: { type: 'string' },
    size: { type: 'string', default: '1400x800' },
  },
})
const [url, file] = positionals
if (!file) {
  console.error(
    'usage: node scripts/screenshot.mjs <editor url> <file.png> [--node <id>] [--select <id>] [--sidebar <tab>] [--size 1400x800]',
  )
  process.exit(2)
}
const [width, height] = values.size.split('x').map(Number)

const browser = await playwright.launch({
  executablePath: await chromium.executablePath(),
  args: chromium.args,
  headless: true,
})
try {
  const page = await browser.newPage({ viewport: { width, height }, deviceScaleFactor: 2 })
  page.on('pageerror', (error) => console.error(`page: ${error.message}`))
  await page.goto(url)
  await page.waitForSelector('.red-ui-palette-node')
  await page.waitForSelector('.red-ui-flow-node-group, .red-ui-flow-node')
  // A tour of the new version, if one has begun.
  for (const button of await page
    .locator('.red-ui-tourGuide-popover .red-ui-tourGuide-close, .red-ui-popover-close')
    .all()) {
    await button.click({ timeout: 1000 }).catch(() => {})
  }
  if (values.sidebar) await page.evaluate((tab) => globalThis.RED.sidebar.show(tab), values.sidebar)
  if (values.select)
    await page.evaluate(
      (id) => globalThis.RED.view.select({ nodes: [globalThis.RED.nodes.node(id)] }),
      values.select,
    )
  if (values.node) {
    await page.evaluate((id) => {
      const { RED } = globalThis
      const node = RED.nodes.node(id)
      if (node._def.category === 'config') RED.editor.editConfig('', node.type, id)
      else RED.editor.edit(node)
    }, values.node)
    await page.waitForSelector('.red-ui-tray-body form')
  }
  // Statuses come over the editor's socket once the page stands.
  await page.waitForTimeout(6000)
  await page.screenshot({ path: file })
} finally {
  await browser.close()
}
