import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { LONG, openStepEditor, PT, type StepEditor } from './step-editor.ts'

describe('the dialog of gru-step, in a browser', () => {
  let editor: StepEditor
  let page: Page
  before(async () => {
    editor = await openStepEditor()
    page = editor.page
  })
  after(() => editor?.dispose())

  it('keeps what is set when nothing is touched, a file that is gone too', async () => {
    await editor.open()
    assert.deepEqual(await page.locator('#node-input-file option').allTextContents(), [
      'none: sent as msg.model',
      PT,
      LONG,
      'gone.pt (not there)',
    ])
    await editor.done()
    const { file, features, changed } = await editor.node()
    assert.deepEqual([file, features, Boolean(changed)], ['gone.pt', ['a', 'b', 'c'], false])
  })

  it('chooses a file, adds a feature and drags it to another place', async () => {
    await editor.open()
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
    await editor.done()
    const { file, features, sends, maxStreams, valid, changed } = await editor.node()
    assert.deepEqual(
      { file, features, sends, maxStreams },
      {
        file: PT,
        features: ['AM2301.Temperature', 'a', 'c'],
        sends: 'both',
        maxStreams: '500',
      },
    )
    assert.deepEqual([valid, changed], [true, true])
  })

  it('takes no projection by name that is left out', async () => {
    await editor.open()
    await page.click('summary')
    await page.fill('#node-input-head', 'fc')
    await page.check('#node-input-noHead')
    assert.ok(await page.isDisabled('#node-input-head'))
    await editor.done()
    const { head, noHead } = await editor.node()
    assert.deepEqual([head, noHead], ['', true])
    await editor.open()
    await page.click('summary')
    assert.ok(await page.isDisabled('#node-input-head'))
    await page.uncheck('#node-input-noHead')
    assert.ok(!(await page.isDisabled('#node-input-head')))
    await editor.done()
  })

  it('chooses what runs the steps', async () => {
    await editor.open()
    await page.click('summary')
    assert.equal(await page.inputValue('#node-input-device'), 'wasm')
    await page.selectOption('#node-input-device', 'gpu')
    await editor.done()
    assert.equal((await editor.node()).device, 'gpu')
  })

  it('has its fields below each other, however wide it is', async () => {
    const size = page.viewportSize()!
    for (const width of [1400, 1100, 700]) {
      await page.setViewportSize({ width, height: 900 })
      await editor.open()
      const places = ['#node-input-name', '#node-input-sends', '.red-ui-typedInput-container']
      const selector = ['label', ...places].map((place) => `.gru-form .form-row > ${place}`).join()
      // All at one moment, because the dialog slides in.
      const boxes = await page.locator(selector).evaluateAll((found) =>
        found.map((element) => {
          const { left, right } = element.getBoundingClientRect()
          return { label: element.tagName === 'LABEL', left, right }
        }),
      )
      const [first, ...fields] = boxes.filter(({ label }) => !label)
      assert.equal(fields.length, 3)
      for (const field of fields) assert.deepEqual(field, first, String(width))
      assert.ok(boxes[0].label && boxes[0].right <= first.left, 'beside their labels')
      await editor.cancel()
    }
    await page.setViewportSize(size)
  })

  it('marks features that lead nowhere', async () => {
    await editor.open()
    await page.locator('#node-input-features-list input').first().fill('a..b')
    await editor.done()
    assert.equal((await editor.node()).valid, false)
  })

  it('throws nothing and asks nothing', () => {
    assert.deepEqual(editor.faults, [])
  })
})
