import { quote } from '../src/quote.ts'
import type { Message, Red } from './red.ts'

/**
 * Makes a function that gets a property of messages; `undefined` where a name on the way leads through nothing.
 * @throws RangeError naming the setting whose text names no property
 */
export function createGetter(RED: Red, setting: string, property: unknown): (msg: Message) => unknown {
  if (typeof property !== 'string' || !isProperty(RED, property)) {
    throw new RangeError(`${setting} must name a property of the message, got ${quote(property)}`)
  }
  return (msg) => {
    try {
      return RED.util.getMessageProperty(msg, property)
    } catch {
      return undefined
    }
  }
}

/** Which stream a message is about. */
export interface MessageKey {
  /** The stream; '' when the message names none. */
  readonly key: string
  /** The message is no reading but forgets its stream, or all of them when it names none. */
  readonly reset?: true | 'all'
}

/**
 * Makes a function that finds the stream of messages; it throws a TypeError where its name is no text.
 * @throws RangeError when `keyProperty` names no property
 */
export function createKeyReader(RED: Red, keyProperty: string): (msg: Message) => MessageKey {
  const get = createGetter(RED, 'keyProperty', keyProperty)
  return (msg) => {
    const told = get(msg)
    const key = typeof told === 'number' ? String(told) : (told ?? '')
    if (typeof key !== 'string') {
      throw new TypeError(`msg.${keyProperty} must be a text, got ${quote(told)}`)
    }
    // As in the core filter node: the property counts, whatever its value.
    return Object.hasOwn(msg, 'reset') ? { key, reset: key === '' ? 'all' : true } : { key }
  }
}

function isProperty(RED: Red, text: string): boolean {
  try {
    RED.util.normalisePropertyExpression(text)
    return true
  } catch {
    return false
  }
}
