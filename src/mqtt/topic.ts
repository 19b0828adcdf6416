import { quote } from '../quote.ts'

const MAX_BYTES = 65_535

/**
 * Checks the name of a topic to publish to (MQTT 3.1.1, 4.7); names are often built from outside input.
 * @throws TypeError naming what is wrong: empty, a wildcard, NUL, too long
 */
export function checkTopic(topic: unknown): asserts topic is string {
  checkText('topic', topic)
  if (/[+#]/.test(topic)) throw new TypeError(`topic must not hold + or #, got ${quote(topic)}`)
}

/**
 * Checks a topic filter to subscribe to: `+` and `#` stand alone in their level, `#` in the last one.
 * @throws TypeError naming the filter
 */
export function checkFilter(filter: unknown): asserts filter is string {
  checkText('topic filter', filter)
  const levels = filter.split('/')
  for (const [i, level] of levels.entries()) {
    const misplaced = level.includes('#') && (level !== '#' || i < levels.length - 1)
    if (misplaced || (level.includes('+') && level !== '+')) {
      throw new TypeError(
        `topic filter must hold + and # as levels of their own, # last, got ${quote(filter)}`,
      )
    }
  }
}

function checkText(name: string, text: unknown): asserts text is string {
  if (typeof text !== 'string' || text === '') {
    throw new TypeError(`${name} must be text that is not empty, got ${quote(text)}`)
  }
  if (text.includes('\0')) throw new TypeError(`${name} must not hold NUL, got ${quote(text)}`)
  if (Buffer.byteLength(text) > MAX_BYTES) {
    throw new TypeError(`${name} must not be longer than ${MAX_BYTES} bytes, got ${quote(text)}`)
  }
}
