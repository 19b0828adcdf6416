import { types } from 'node:util'
import { quote } from '../src/quote.ts'
import type { RowCollector } from '../src/table/rows.ts'
import { isList, isPair } from '../src/table/shape.ts'
import { attempt } from './answer.ts'
import type { Message } from './red.ts'
import { addTable, type History, historyOfRows, openRows, readTable, readText } from './trainHistory.ts'
import { createTrainText, type TrainText } from './trainText.ts'

/** Sequences of messages that may be incomplete at a time; beyond them the oldest is given up. */
const MAX_SEQUENCES = 4

/** Reads a history that is all there. */
export type ReadHistory = (signal?: AbortSignal) => History | Promise<History>

/** Makes histories of messages. */
export interface TrainInput {
  /** Rows, or pieces of text, of histories that are not all there. */
  readonly collected: number
  /**
   * Takes the payload of a message: a whole history, or a part of one.
   * @returns how to read the history, once it is all there; of parts that could not be taken its notes tell
   * @throws Error saying what cannot be taken; what was collected stays
   */
  take(msg: Message): ReadHistory | undefined
  /** Throws away what has been collected. */
  clear(): void
}

/** A history that comes message by message. */
interface Sequence {
  readonly rows: RowCollector
  readonly text: TrainText
  parts: number
  /** Parts that cannot be used, and what is wrong with the first. */
  left: number
  wrong?: Error
}

/**
 * An array, a buffer or a text of several lines is a history of its own, unless `msg.parts` says that it is a part of one.
 * All else is a row of the history that a message with `msg.complete` ends.
 *
 * @param onGivenUp hears that the rest of a sequence has not come
 */
export function createTrainInput(onGivenUp: (parts: number) => void): TrainInput {
  const sequences = new Map<unknown, Sequence>()
  /** Rows that come without `msg.parts`. */
  let single: RowCollector | undefined

  function open(id: unknown): Sequence {
    const known = sequences.get(id)
    if (known) return known
    const [oldest] = sequences
    if (oldest && sequences.size >= MAX_SEQUENCES) {
      sequences.delete(oldest[0])
      onGivenUp(oldest[1].parts)
    }
    const opened = { rows: openRows(), text: createTrainText(), parts: 0, left: 0 }
    sequences.set(id, opened)
    return opened
  }

  /** As the core nodes split and file in say it: the last part at the latest knows how many there are. */
  function takePart(msg: Message, parts: Parts): ReadHistory | undefined {
    const sequence = open(parts.id)
    const wrong = attempt(() => addPart(sequence, msg, parts))
    sequence.parts++
    if (wrong) {
      sequence.left++
      sequence.wrong ??= wrong
    }
    if (sequence.parts >= Number(parts.count ?? Number.NaN) || isComplete(msg)) {
      sequences.delete(parts.id)
      return (signal) => historyOfParts(sequence, signal)
    }
    if (wrong) throw wrong
    return undefined
  }

  function takeRow(msg: Message, payload: unknown): ReadHistory | undefined {
    if (payload !== undefined) {
      single ??= openRows()
      single.add(payload, keyOf(msg))
    }
    if (!isComplete(msg)) return undefined
    const rows = single
    if (!rows) throw new Error('msg.complete came before any row of a history')
    single = undefined
    return () => historyOfRows(rows)
  }

  return {
    get collected() {
      const open = [...sequences.values()].reduce((sum, { parts }) => sum + parts, 0)
      return open + (single?.rows ?? 0)
    },
    take(msg) {
      const { parts } = msg
      if (typeof parts === 'object' && parts !== null && 'id' in parts) {
        return takePart(msg, parts as Parts)
      }
      const payload = decoded(msg.payload)
      if (typeof payload === 'string' && /[\n\r]/.test(payload.trim()))
        return (signal) => readText([payload], signal)
      const key = keyOf(msg)
      if (!isTable(payload)) return takeRow(msg, payload)
      return (signal) => readTable(payload, key, signal)
    },
    clear() {
      sequences.clear()
      single = undefined
    },
  }
}

/** What is used of `msg.parts`. */
type Parts = Readonly<Partial<Record<'id' | 'count' | 'type' | 'ch' | 'key', unknown>>>

function addPart({ text, rows }: Sequence, msg: Message, { type, ch, key }: Parts): void {
  const isPiece = type === 'string' || type === 'buffer'
  if (isPiece && isText(msg.payload)) text.push(msg.payload, type === 'string' ? ch : '')
  else if (msg.payload === undefined) return
  else if (type === 'object') rows.add(decoded(msg.payload), nameOf('msg.parts.key', key))
  else addTable(rows, decoded(msg.payload), keyOf(msg))
}

/** @throws Error when no part can be used, or what {@link readText} and {@link historyOfRows} throw */
async function historyOfParts(
  { text, rows, parts, left, wrong }: Sequence,
  signal?: AbortSignal,
): Promise<History> {
  // Text that lacks a piece is no table.
  if (wrong && (text.pieces.length > 0 || left === parts)) throw wrong
  if (text.pieces.length > 0) return readText(text.pieces, signal)
  const history = historyOfRows(rows)
  if (!wrong) return history
  const note = `${left} of ${parts} parts ${left === 1 ? 'was' : 'were'} left out: ${wrong.message}`
  return { ...history, notes: [...history.notes, note] }
}

const isComplete = (msg: Message): boolean => Object.hasOwn(msg, 'complete')

/** Whether a payload has several rows: an array that is not `[time, value]`, or an object of arrays. */
function isTable(payload: unknown): boolean {
  if (isList(payload)) return !isPair(payload)
  return typeof payload === 'object' && payload !== null && Object.values(payload).some(isList)
}

const isText = (value: unknown): value is string | Uint8Array =>
  typeof value === 'string' || types.isUint8Array(value)

/** Stream of the rows that do not name theirs. */
const keyOf = ({ topic }: Message): string => nameOf('msg.topic', topic)

function nameOf(property: string, name: unknown): string {
  if (name === undefined || name === null) return ''
  if (typeof name === 'string' || typeof name === 'number') return String(name)
  throw new TypeError(`${property} must be a text, got ${quote(name)}`)
}

/** Text of bytes, and what JSON text holds; all else as it is. @throws Error of text that is too long, or broken JSON */
function decoded(payload: unknown): unknown {
  if (!isText(payload)) return payload
  const text = createTrainText()
  text.push(payload, '')
  const [whole = ''] = text.pieces
  if (!/^\s*[[{]/.test(whole)) return whole
  try {
    return JSON.parse(whole)
  } catch {
    throw new TypeError(`msg.payload is neither CSV nor JSON: ${quote(whole)}`)
  }
}
