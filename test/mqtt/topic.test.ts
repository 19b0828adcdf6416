import assert from 'node:assert/strict'
import { checkFilter, checkTopic } from '../../src/mqtt/topic.ts'

describe('topics', () => {
  it('may hold anything but wildcards and NUL', () => {
    for (const topic of ['a', 'plant/1/temp', '/', 'ä ö/°C', '$x', '__proto__', 'a'.repeat(65_535)]) {
      checkTopic(topic)
    }
  })

  const refused: [unknown, RegExp][] = [
    ['', /must be text that is not empty, got ""/],
    [undefined, /must be text that is not empty, got undefined/],
    [5, /got 5/],
    ['a/+/b', /must not hold \+ or #, got "a\/\+\/b"/],
    ['a#', /must not hold \+ or #, got "a#"/],
    ['a\0b', /must not hold NUL, got "a\\u0000b"/],
    ['ä'.repeat(33_000), /must not be longer than 65535 bytes, got "ä{60}…"/],
  ]
  for (const [topic, reason] of refused) {
    it(`refuses ${JSON.stringify(topic)?.slice(0, 30)}`, () => {
      assert.throws(() => checkTopic(topic), { name: 'TypeError', message: reason })
    })
  }
})

describe('topic filters', () => {
  it('may hold wildcards as levels of their own', () => {
    for (const filter of ['#', '+', 'a/+/b', 'a/#', '+/+/#', '$share/g/a/+']) checkFilter(filter)
  })

  for (const filter of ['', 'a#', '#/a', 'a/#/b', 'a+/b', '+a', 'a\0', null]) {
    it(`refuses ${JSON.stringify(filter)}`, () => {
      assert.throws(() => checkFilter(filter), { name: 'TypeError', message: /^topic filter must/ })
    })
  }
})
