import assert from 'node:assert/strict'

const PART = /<\/([a-z]+)>|<([a-zA-Z]+)((?:\s[a-zA-Z:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/y
/** Characters that XML 1.0 allows. */
const ALLOWED = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u
const REFERENCE = /&(?!(?:amp|lt|gt|quot|#39);)/

/** An element as it stands in a document. */
export interface Element {
  readonly name: string
  readonly attributes: string
  /** Of itself alone, references not replaced. */
  text: string
}

/** All elements of a document without comments, sections and declarations. @throws AssertionError unless it is well-formed */
export function elementsOf(document: string): Element[] {
  assert.match(document, ALLOWED)
  assert.doesNotMatch(document, REFERENCE)
  const all: Element[] = []
  const open: Element[] = []
  let at = 0
  while (at < document.length) {
    PART.lastIndex = at
    const part = PART.exec(document)
    assert.ok(part, `markup expected at ${at}: ${document.slice(at, at + 60)}`)
    at = PART.lastIndex
    const [, end, begin, attributes, empty, text] = part
    if (end !== undefined) assert.equal(open.pop()?.name, end)
    else if (begin !== undefined) {
      assert.ok(open.length > 0 || all.length === 0, 'one root')
      const element = { name: begin, attributes, text: '' }
      all.push(element)
      if (!empty) open.push(element)
    } else if (open.length > 0) open[open.length - 1].text += text
    else assert.equal(text.trim(), '')
  }
  assert.deepEqual(open, [])
  return all
}
