import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const nodes = fileURLToPath(new URL('../../../nodes/', import.meta.url))
const read = (path: string): string => readFileSync(`${nodes}${path}`, 'utf8')
const languages = readdirSync(`${nodes}locales`)

/** Dotted keys of a catalogue with their texts. */
function texts(tree: object, prefix = ''): Map<string, string> {
  return new Map(
    Object.entries(tree).flatMap(([name, value]) =>
      typeof value === 'string' ? [[`${prefix}${name}`, value]] : [...texts(value, `${prefix}${name}.`)],
    ) as [string, string][],
  )
}
const catalogue = (language: string, node: string): Map<string, string> =>
  texts(JSON.parse(read(`locales/${language}/${node}.json`)))
const slots = (text: string): string[] => (text.match(/__\w+__/g) ?? []).sort()

describe('locales', () => {
  it('are English, German, Japanese and Chinese', () => {
    assert.deepEqual(languages.sort(), ['de', 'en-US', 'ja', 'zh-CN'])
  })

  for (const node of ['forecast', 'model', 'step', 'train']) {
    it(`have every text that ${node}.html asks for`, () => {
      const html = read(`${node}.html`)
      const english = catalogue('en-US', node)
      const asked = [
        ...html.matchAll(/data-i18n="(?:\[\w+\])?([\w.]+)"/g),
        ...html.matchAll(/this\._\('([\w.]+)'/g),
      ]
      assert.ok(asked.length > 10)
      for (const [, key] of asked) assert.ok(english.has(key), key)
      const used = new Set(asked.map(([, key]) => key))
      for (const key of english.keys()) {
        const dynamic = key.startsWith(`${node}.error.`) || key.startsWith(`${node}.label.`)
        assert.ok(used.has(key) || dynamic, `${key} is asked for by nobody`)
      }
    })

    for (const language of languages) {
      it(`say in ${language} all that English does of ${node}, with the same blanks`, () => {
        const english = catalogue('en-US', node)
        const other = catalogue(language, node)
        assert.deepEqual([...other.keys()], [...english.keys()])
        for (const [key, text] of other) {
          assert.ok(text.trim() !== '', key)
          assert.deepEqual(slots(text), slots(english.get(key)!), key)
        }
      })
    }

    it(`help with ${node}`, () => {
      assert.ok(existsSync(`${nodes}locales/en-US/${node}.html`))
      assert.match(read(`locales/en-US/${node}.html`), new RegExp(`data-help-name="gru-${node}"`))
    })
  }
})
