import type { Random } from '../../../src/engine/random.ts'
import { awkward, type Mutation, mutateBytes, pick } from './bytes.ts'

const line = (...parts: readonly string[]): Buffer => Buffer.from(parts.map((part) => `${part}\n`).join(''))
const op = (code: string, argument: Buffer = Buffer.alloc(0)): Buffer =>
  Buffer.concat([Buffer.from(code, 'latin1'), argument])

/** Names that a pickle may ask for, good and bad. */
const NAMES = [
  ['os', 'system'],
  ['builtins', 'eval'],
  ['collections', 'OrderedDict'],
  ['torch', 'FloatStorage'],
  ['torch', 'HalfStorage'],
  ['torch', 'LongStorage'],
  ['torch', '__proto__'],
  ['torch._utils', '_rebuild_tensor_v2'],
  ['torch._utils', '_rebuild_parameter'],
  ['__builtin__', 'getattr'],
]

/** Opcodes with an argument of the right length, its value of any kind. */
function opcode(random: Random): Buffer {
  const number = Buffer.alloc(8)
  number.writeBigUInt64LE(awkward(random, 4096))
  const [module, name] = pick(random, NAMES)
  return pick(random, [
    () => op(pick(random, [...'()[]{}0120abdeltusQRNo.\x81\x85\x86\x87\x88\x89\x8f\x90\x91\x92\x93\x94'])),
    () => op('(lp0\n'),
    () => op(`c${module}\n${name}\n`),
    () => op(`i${module}\n${name}\n`),
    () => op('K', number.subarray(0, 1)),
    () => op('M', number.subarray(0, 2)),
    () => op(pick(random, [...'JjrX']), number.subarray(0, 4)),
    () => op(pick(random, [...'hq']), number.subarray(0, 1)),
    () => op('G', number),
    () => op('\x8a', Buffer.concat([Buffer.from([8]), number])),
    () => op('\x8b', number.subarray(0, 4)),
    () => op('\x95', number),
    () => op('I', line(pick(random, ['1', '-1', '01', '00', '9'.repeat(400), 'x', '']))),
    () => op('L', line(pick(random, ['1L', `${'9'.repeat(5000)}L`, '-1', '']))),
    () => op('F', line(pick(random, ['1.5', 'nan', 'inf', '1e999', 'x']))),
    () => op(pick(random, [...'SVgpP']), line(pick(random, ["'a'", 'storage', '0', '99999999', '']))),
    () => op('X', Buffer.concat([Buffer.from([3, 0, 0, 0]), Buffer.from('abc')])),
    () => op('\x80', Buffer.from([random.integer(0, 9)])),
  ])()
}

/** A list that holds itself twice as often with each turn, deep nesting, and a memo without end. */
const BOMBS: readonly Buffer[] = [
  Buffer.concat([op(']'), ...Array.from({ length: 40 }, () => op('(22l'))]),
  Buffer.concat([op(')'), ...Array.from({ length: 60 }, () => op('2\x86'))]),
  Buffer.concat(Array.from({ length: 50_000 }, () => op('('))),
  Buffer.concat(Array.from({ length: 50_000 }, () => op(']'))),
  Buffer.concat([op(')'), ...Array.from({ length: 50_000 }, () => op('\x85'))]),
  Buffer.concat([op(']'), ...Array.from({ length: 50_000 }, () => op('\x94'))]),
  Buffer.concat([op(']q\0'), ...Array.from({ length: 20_000 }, () => op('h\0a'))]),
]

/** Opcodes put in or over others, words replaced, bytes changed. */
export const mutatePickle: Mutation = (bytes, random) => {
  if (random.integer(0, 3) === 0) return mutateBytes(bytes, random)
  if (random.integer(0, 4) === 0) return renamed(bytes, random)
  const at = random.integer(0, bytes.length + 1)
  const over = pick(random, [0, 0, 0, 1, 2, 5])
  const inserted =
    random.integer(0, 40) === 0
      ? pick(random, BOMBS)
      : Buffer.concat(Array.from({ length: 1 + random.integer(0, 4) }, () => opcode(random)))
  return Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(Math.min(bytes.length, at + over))])
}

/** A name that the pickle asks for, replaced by another one. */
function renamed(bytes: Buffer, random: Random): Buffer {
  const text = bytes.toString('latin1')
  const names = [...text.matchAll(/c([\w.]+\n\w+)\n/g)]
  if (names.length === 0) return bytes
  const { index, 0: whole } = pick(random, names)
  const changed = `c${pick(random, NAMES).join('\n')}\n`
  return Buffer.from(text.slice(0, index) + changed + text.slice(index + whole.length), 'latin1')
}
