import { parsePayload, splitPath } from '../src/mqtt/payload.ts'
import { toTime } from '../src/mqtt/time.ts'
import { quote } from '../src/quote.ts'
import { createGetter, createKeyReader, type MessageKey } from './property.ts'
import type { Message, Red } from './red.ts'

/** Where in a message things are. */
export interface MessageOptions {
  /** Message property that holds the reading. @default 'payload' */
  readonly property?: string
  /** Dotted path to the reading inside that. @default found by {@link parsePayload} */
  readonly path?: string
  /** Message property that names the stream. @default 'topic' */
  readonly keyProperty?: string
  /** `msg`: the time is at `timeProperty`; `auto`: the payload's own, else the arrival. @default by `timeProperty` */
  readonly timeType?: 'auto' | 'msg'
  /** Message property with the time of the reading. */
  readonly timeProperty?: string
}

/** What a message says. */
export interface MessageReading extends MessageKey {
  /** The number, or the reason why there is none. */
  readonly value?: number | Error
  /** ms since the epoch; `undefined`: now. */
  readonly time?: number
}

/**
 * Makes a function that reads messages; it never throws.
 * @throws RangeError naming an option that leads nowhere, and its value
 */
export function createMessageReader(
  RED: Red,
  options: MessageOptions = {},
): (msg: Message) => MessageReading {
  // Blank fields of the editor are empty texts.
  const timeType = options.timeType || (options.timeProperty ? 'msg' : 'auto')
  const getReading = createGetter(RED, 'property', options.property || 'payload')
  const readKey = createKeyReader(RED, options.keyProperty || 'topic')
  const { timeProperty } = options
  const getTime = timeType === 'auto' ? undefined : createGetter(RED, 'timeProperty', timeProperty)
  const path = options.path || undefined
  if (path !== undefined) splitPath(path)
  // A payload whose time is not used may have any.
  const payloadOptions = { path, timePath: getTime ? null : undefined }

  const readTime = (msg: Message): number | undefined => {
    if (!getTime) return undefined
    const told = getTime(msg)
    const time = toTime(told)
    if (time !== undefined) return time
    throw new TypeError(`msg.${timeProperty} is no epoch time or ISO 8601 with zone, got ${quote(told)}`)
  }

  return (msg) => {
    let key = ''
    try {
      const found = readKey(msg)
      if (found.reset) return found
      key = found.key
      const { value, time, error } = parsePayload(getReading(msg), payloadOptions)
      if (error) return { key, value: error }
      return { key, value, time: readTime(msg) ?? time }
    } catch (error) {
      return { key, value: error as Error }
    }
  }
}
