import { FormatError } from '../formats/error.ts'
import { fieldsOf } from '../formats/fields.ts'
import { parseJson, plain } from '../formats/json.ts'
import type { Channel } from '../learn/segment/types.ts'
import { quote } from '../quote.ts'
import { positive, text, whole } from './fitted-check.ts'

// Channels lie beside the weights, not in the header: there may be as many as a header has bytes.

const NEWLINE = 0x0a
/** Bytes of all lines, and of one. */
const MAX_BYTES = 2 ** 26
const MAX_LINE = 2 ** 19
/** A topic of MQTT is no longer. */
const MAX_KEY = 65_535
/** Steps of a season. */
const MAX_SEASON = 2 ** 31 - 1

/**
 * JSON Lines in UTF-8, a line for each channel.
 * @throws RangeError when a channel is impossible, or two have one key
 * @throws FormatError when they are too large to be read
 */
export function encodeChannels(channels: readonly Channel[]): Uint8Array {
  const check = createCheck()
  const lines = channels.map(({ key, unit, season }) => {
    return Buffer.from(`${JSON.stringify(check({ key, unit, season }))}\n`)
  })
  checkSize(lines.reduce((sum, { byteLength }) => sum + byteLength, 0))
  return Buffer.concat(lines)
}

/**
 * Reads `count` lines of {@link encodeChannels}.
 * @throws FormatError when there are more or fewer, or one is not JSON
 * @throws RangeError when a channel is impossible, or two have one key
 */
export function decodeChannels(bytes: Uint8Array, count: number): readonly Channel[] {
  checkSize(bytes.byteLength)
  const check = createCheck()
  const channels: Channel[] = []
  let at = 0
  while (channels.length < count) {
    const end = bytes.indexOf(NEWLINE, at)
    if (end < 0) {
      throw new FormatError(`the file describes ${channels.length} of the ${count} channels of its model`)
    }
    const name = nameOf(channels.length)
    if (end - at > MAX_LINE) {
      throw new FormatError(`${name} has ${end - at} bytes, at most ${MAX_LINE} are read`)
    }
    channels.push(check(plain(parseJson(bytes.subarray(at, end), name))))
    at = end + 1
  }
  if (at < bytes.byteLength) {
    throw new FormatError(`the file describes more than the ${count} channels of its model`)
  }
  return channels
}

function checkSize(bytes: number): void {
  if (bytes > MAX_BYTES) {
    throw new FormatError(`the channels take ${bytes} bytes, at most ${MAX_BYTES} are read`)
  }
}

/** What checks one channel after the other. */
function createCheck(): (value: unknown) => Channel {
  const keys = new Set<string>()
  return (value) => {
    const name = nameOf(keys.size)
    const { key, unit, season } = fieldsOf(name, value, ['key', 'unit', 'season'])
    const channel = {
      key: text(`${name}.key`, key, MAX_KEY),
      unit: positive(`${name}.unit`, unit),
      season: whole(`${name}.season`, season, 0, MAX_SEASON),
    }
    if (keys.has(channel.key)) throw new RangeError(`${name}.key is ${quote(key)}, which another channel has`)
    keys.add(channel.key)
    return channel
  }
}

const nameOf = (index: number): string => `channels[${index}]`
