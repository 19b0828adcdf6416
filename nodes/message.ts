import type { Forecast } from '../src/forecast/types.ts'
import { parsePayload, splitPath } from '../src/mqtt/payload.ts'
import { quote } from '../src/quote.ts'
import { toTime } from '../src/mqtt/time.ts'
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
export interface MessageReading {
  /** The stream; '' when the message names none. */
  readonly key: string
  /** The number, or the reason why there is none. */
  readonly value?: number | Error
  /** ms since the epoch; `undefined`: now. */
  readonly time?: number
  /** The message is no reading but forgets its stream, or all of them when it names none. */
  readonly reset?: true | 'all'
}

/**
 * Makes a function that reads messages; it never throws.
 * @throws RangeError naming an option that leads nowhere, and its value
 */
export function createMessageReader(
  RED: Red,
  options: MessageOptions = {},
): (msg: Message) => MessageReading {
  const toProperty = (name: string, property: unknown): string => {
    if (typeof property === 'string' && isProperty(RED, property)) return property
    throw new RangeError(`${name} must name a property of the message, got ${quote(property)}`)
  }

  // Blank fields of the editor are empty texts.
  const timeType = options.timeType || (options.timeProperty ? 'msg' : 'auto')
  const property = toProperty('property', options.property || 'payload')
  const keyProperty = toProperty('keyProperty', options.keyProperty || 'topic')
  const timeProperty = timeType === 'auto' ? undefined : toProperty('timeProperty', options.timeProperty)
  const path = options.path || undefined
  if (path !== undefined) splitPath(path)
  // A payload whose time is not used may have any.
  const payloadOptions = { path, timePath: timeProperty === undefined ? undefined : null }

  const get = (msg: Message, name: string): unknown => {
    try {
      return RED.util.getMessageProperty(msg, name)
    } catch {
      return undefined // a name on the way led through nothing
    }
  }

  const readKey = (msg: Message): string => {
    const key = get(msg, keyProperty)
    if (key === undefined || key === null) return ''
    if (typeof key === 'string') return key
    if (typeof key === 'number') return String(key)
    throw new TypeError(`msg.${keyProperty} must be a text, got ${quote(key)}`)
  }

  const readTime = (msg: Message): number | undefined => {
    if (timeProperty === undefined) return undefined
    const told = get(msg, timeProperty)
    const time = toTime(told)
    if (time !== undefined) return time
    throw new TypeError(`msg.${timeProperty} is no epoch time or ISO 8601 with zone, got ${quote(told)}`)
  }

  return (msg) => {
    let key = ''
    try {
      key = readKey(msg)
      // As in the core filter node: the property counts, whatever its value.
      if (Object.hasOwn(msg, 'reset')) return { key, reset: key === '' ? 'all' : true }
      const { value, time, error } = parsePayload(get(msg, property), payloadOptions)
      if (error) return { key, value: error }
      return { key, value, time: readTime(msg) ?? time }
    } catch (error) {
      return { key, value: error as Error }
    }
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

/** The message that goes on: all it had, with the forecast as payload. */
export function forecastMessage(msg: Message, forecast: Forecast): Message {
  return { ...msg, payload: forecast }
}
