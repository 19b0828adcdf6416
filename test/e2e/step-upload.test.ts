import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { openStepEditor, PT, type StepEditor, weights } from './step-editor.ts'

describe('uploads in the dialog of gru-step, in a browser', () => {
  let editor: StepEditor
  let page: Page
  before(async () => {
    editor = await openStepEditor()
    page = editor.page
  })
  after(() => editor?.dispose())

  it('uploads a file, says what is in it and chooses it', async () => {
    await editor.open()
    await page.setInputFiles('#node-input-file-chooser', weights('torch_bidir2.safetensors'))
    await editor.tip(/^3 inputs, 2 × 4 hidden units, 8 outputs$/)
    await page.waitForSelector('#node-input-file option[value="torch_bidir2.safetensors"]', {
      state: 'attached',
    })
    assert.equal(await page.inputValue('#node-input-file'), 'torch_bidir2.safetensors')
    await editor.done()
    assert.equal((await editor.node()).file, 'torch_bidir2.safetensors')
  })

  it('can be deployed when the chosen file was uploaded anew, and only then', async () => {
    const name = 'torch_bidir2.safetensors'
    await page.click('#red-ui-header-button-deploy')
    await page.waitForFunction('!RED.nodes.dirty()')
    await editor.open()
    await page.setInputFiles('#node-input-file-chooser', weights('torch_nobias.safetensors'))
    await editor.tip(/hidden units/)
    await page.selectOption('#node-input-file', name)
    await editor.done()
    assert.equal(await editor.dirty(), false, 'another file was uploaded')
    await editor.open()
    const buffer = readFileSync(weights('torch_gru2_head.safetensors'))
    await page.setInputFiles('#node-input-file-chooser', { name, mimeType: '', buffer })
    await editor.tip(/^3 inputs, 2 × 5 hidden units, 2 outputs$/)
    await editor.done()
    assert.deepEqual([(await editor.node()).changed, await editor.dirty()], [true, true])
  })

  it('waits with Done until a file is there, and gives up on Cancel', async () => {
    const held: (() => void)[] = []
    await page.route('**/gru-step/models/*', async (route) => {
      await new Promise<void>((resolve) => held.push(resolve))
      await route.continue().catch(() => {})
    })
    const start = async (name: string): Promise<void> => {
      await editor.open()
      const mimeType = ''
      await page.setInputFiles('#node-input-file-chooser', {
        name,
        mimeType,
        buffer: readFileSync(weights(PT)),
      })
      await editor.tip(/^Uploading/)
      assert.ok(await page.isDisabled('#node-dialog-ok'))
    }
    await start('held.pt')
    // As the keyboard does.
    await page.evaluate('$("#node-dialog-ok").trigger("click")')
    held.pop()!()
    await editor.tip(/hidden units/)
    await editor.done()
    assert.equal((await editor.node()).file, 'held.pt')
    await start('given-up.pt')
    const gone = page.waitForEvent('requestfailed')
    await editor.cancel()
    await gone
    held.pop()!()
    await page.unroute('**/gru-step/models/*')
    assert.equal((await editor.node()).file, 'held.pt')
    assert.ok(!editor.models().includes('given-up.pt'))
  })

  it('shows why a file is refused, as text, and gives files names that can be', async () => {
    await editor.open()
    const upload = (name: string, buffer: Buffer): Promise<void> =>
      page.setInputFiles('#node-input-file-chooser', { name, mimeType: 'text/html', buffer })
    const before = editor.models()
    await upload('no.pt', Buffer.from('no model'))
    await editor.tip(/no known format/)
    await upload('<b>.safetensors', vector('<img src=x onerror=alert(1)>.weight_hh_l0'))
    await editor.tip(/<img src=x onerror=alert\(1\)>/)
    assert.equal(await page.locator('#node-input-file-tip *').count(), 0)
    await upload('my model (1).pt', readFileSync(weights(PT)))
    await editor.tip(/^3 inputs, 2 × 5 hidden units, 2 outputs$/)
    assert.equal(await page.inputValue('#node-input-file'), 'my_model__1_.pt')
    await editor.done()
    assert.equal((await editor.node()).file, 'my_model__1_.pt')
    assert.deepEqual(editor.models(), [...before, '_b_.safetensors', 'my_model__1_.pt'].sort())
  })

  it('throws nothing and asks nothing', () => {
    assert.deepEqual(editor.faults, [])
  })
})

/** A safetensors file of one number with such a name: no model. */
function vector(name: string): Buffer {
  const header = Buffer.from(JSON.stringify({ [name]: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  return Buffer.concat([length, header, Buffer.alloc(4)])
}
