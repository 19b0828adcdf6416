import { FormatError } from '../error.ts'
import { createCursor } from './cursor.ts'
import { createStack, type Stack } from './stack.ts'
import { INERT, isDict, isList, type Value } from './values.ts'

/** What a pickle means by its names, calls and references out of the pickle. Each may refuse with a FormatError. */
export interface Meaning {
  global(module: string, name: string): Value
  call(callee: Value, args: Value): Value
  persistent(id: Value): Value
}

/** Newest protocol of Python. */
const MAX_PROTOCOL = 5
/** More bytes than a safe integer has. */
const LONGEST_INTEGER = 8

/**
 * Reads one pickle from `start`, up to its STOP, with the instructions that picklers of protocol 2 to 5 write for plain
 * data. All others, above all those that make objects (INST, OBJ, NEWOBJ, EXT), are refused, and the calls that are
 * left go to `meaning`, which calls nothing.
 *
 * Python's `pickletools` describes the instructions.
 * @returns the value, and where the pickle ends
 * @throws FormatError in one sentence
 */
export function unpickle(
  bytes: Uint8Array,
  start: number,
  meaning: Meaning,
): { readonly value: Value; readonly end: number } {
  const cursor = createCursor(bytes, start)
  const stack = createStack()
  for (;;) {
    const at = cursor.at
    const opcode = cursor.u8()
    switch (opcode) {
      case 0x80: // PROTO
        if (cursor.u8() > MAX_PROTOCOL) throw new FormatError('the pickle has a protocol that is not known')
        break
      case 0x95: // FRAME
        cursor.bytes(8)
        break
      case 0x2e: // STOP
        return { value: stack.only(), end: cursor.at }
      case 0x4e: // NONE
        stack.push(null)
        break
      case 0x88: // NEWTRUE
        stack.push(true)
        break
      case 0x89: // NEWFALSE
        stack.push(false)
        break
      case 0x4a: // BININT
        stack.push(cursor.i32())
        break
      case 0x4b: // BININT1
        stack.push(cursor.u8())
        break
      case 0x4d: // BININT2
        stack.push(cursor.u16())
        break
      case 0x8a: // LONG1
        stack.push(integer(cursor.bytes(cursor.u8())))
        break
      case 0x47: // BINFLOAT
        stack.push(cursor.f64())
        break
      case 0x58: // BINUNICODE
        stack.push(cursor.text(cursor.u32()))
        break
      case 0x8c: // SHORT_BINUNICODE
        stack.push(cursor.text(cursor.u8()))
        break
      case 0x42: // BINBYTES
        cursor.bytes(cursor.u32())
        stack.push(INERT)
        break
      case 0x43: // SHORT_BINBYTES
        cursor.bytes(cursor.u8())
        stack.push(INERT)
        break
      case 0x71: // BINPUT
        stack.memoise(cursor.u8())
        break
      case 0x72: // LONG_BINPUT
        stack.memoise(cursor.u32())
        break
      case 0x94: // MEMOIZE
        stack.memoise()
        break
      case 0x68: // BINGET
        stack.recall(cursor.u8())
        break
      case 0x6a: // LONG_BINGET
        stack.recall(cursor.u32())
        break
      case 0x63: // GLOBAL
        stack.push(meaning.global(cursor.line(), cursor.line()))
        break
      case 0x93: // STACK_GLOBAL
        stack.push(global(stack.take(2), meaning))
        break
      case 0x52: // REDUCE
        stack.make(meaning.call(...pair(stack.take(2))))
        break
      case 0x51: // BINPERSID
        stack.make(meaning.persistent(stack.take(1)[0]))
        break
      default:
        if (!build(opcode, stack)) {
          throw new FormatError(
            `the pickle has the instruction 0x${opcode.toString(16).padStart(2, '0')} at byte ${at}, which weights do not need`,
          )
        }
    }
  }
}

/** Instructions that put values together. False when it is none of them. */
function build(opcode: number, stack: Stack): boolean {
  switch (opcode) {
    case 0x28: // MARK
      stack.mark()
      return true
    case 0x29: // EMPTY_TUPLE
      stack.make({ kind: 'tuple', items: [] })
      return true
    case 0x85: // TUPLE1
    case 0x86: // TUPLE2
    case 0x87: // TUPLE3
      stack.make({ kind: 'tuple', items: stack.take(opcode - 0x84) })
      return true
    case 0x74: // TUPLE
      stack.make({ kind: 'tuple', items: stack.takeToMark() })
      return true
    case 0x5d: // EMPTY_LIST
      stack.make({ kind: 'list', items: [] })
      return true
    case 0x61: // APPEND
      append(stack.take(1), stack)
      return true
    case 0x65: // APPENDS
      append(stack.takeToMark(), stack)
      return true
    case 0x7d: // EMPTY_DICT
      stack.make({ kind: 'dict', entries: new Map() })
      return true
    case 0x73: // SETITEM
      set(stack.take(2), stack)
      return true
    case 0x75: // SETITEMS
      set(stack.takeToMark(), stack)
      return true
    case 0x8f: // EMPTY_SET
      stack.push(INERT)
      return true
    case 0x90: // ADDITEMS
      stack.takeToMark()
      if (stack.top() !== INERT) throw new FormatError('the pickle adds items to what is no set')
      return true
    case 0x91: // FROZENSET
      stack.takeToMark()
      stack.push(INERT)
      return true
    case 0x62: // BUILD
      setState(stack.take(1)[0], stack.top())
      return true
    default:
      return false
  }
}

function integer(bytes: Uint8Array): Value {
  if (bytes.length > LONGEST_INTEGER) return INERT
  let magnitude = 0n
  for (let i = bytes.length - 1; i >= 0; i--) magnitude = magnitude * 256n + BigInt(bytes[i])
  const value = Number(BigInt.asIntN(8 * bytes.length, magnitude))
  return Number.isSafeInteger(value) ? value : INERT
}

function pair(values: readonly Value[]): [Value, Value] {
  return [values[0], values[1]]
}

function global(names: readonly Value[], meaning: Meaning): Value {
  const [module, name] = names
  if (typeof module !== 'string' || typeof name !== 'string') {
    throw new FormatError('the pickle names something of Python by what is no text')
  }
  return meaning.global(module, name)
}

function append(items: readonly Value[], stack: Stack): void {
  const list = stack.top()
  if (!isList(list)) throw new FormatError('the pickle appends to what is no list')
  for (const item of items) list.items.push(item)
}

function set(items: readonly Value[], stack: Stack): void {
  const dict = stack.top()
  if (!isDict(dict)) throw new FormatError('the pickle sets an item of what is no dict')
  if (items.length % 2 !== 0) throw new FormatError('the pickle has a key without a value')
  for (let i = 0; i < items.length; i += 2) dict.entries.set(items[i], items[i + 1])
}

/** A state_dict carries the versions of its modules in an attribute. They say nothing about the numbers. */
function setState(state: Value, target: Value): void {
  if (target === INERT) return
  const known = isDict(state) && state.entries.size === 1 && state.entries.has('_metadata')
  if (!isDict(target) || !known) {
    throw new FormatError('the pickle sets attributes of an object other than the _metadata of a state_dict')
  }
}
