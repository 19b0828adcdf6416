import type { Random } from '../../../src/engine/random.ts'
import { type Mutation, pick } from './bytes.ts'

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

const NUMBERS = [
  0,
  -0,
  1,
  2,
  3,
  5,
  -1,
  0.5,
  1e-320,
  1e308,
  65_536,
  2 ** 30,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  -(2 ** 31),
]
const WORDS = [
  ...[
    '',
    'GRU',
    'LSTM',
    'Dense',
    'Bidirectional',
    'RNN',
    'Sequential',
    'Functional',
    'sigmoid',
    'hard_sigmoid',
  ],
  ...[
    'tanh',
    'relu',
    'linear',
    'float32',
    'float64',
    'float16',
    'int32',
    'F64',
    'F16',
    'BF16',
    'I64',
    'F8_E4M3',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    '../weights.bin',
    '/etc/passwd',
    'http://x/',
    'nul\0',
    '\u202e\u009b1m',
  ],
]

/** JSON with one to three values of another kind, removed, renamed or moved. */
export const mutateJson: Mutation = (bytes, random) => {
  const root: { value: Json } = { value: JSON.parse(bytes.toString('utf8')) }
  for (let n = 1 + random.integer(0, 3); n > 0; n--) change(root, random)
  const text = JSON.stringify(root.value)
  if (random.integer(0, 20) > 0) return Buffer.from(text)
  // What no parsed value can be: a key twice, a number beyond float64, nesting without end.
  return Buffer.from(
    pick(random, [
      text.replace('{', `{${text.slice(1, 40).split(',')[0]},`),
      text.replace(/\d+/, '1e999'),
      text.replace(/\d+/, '['.repeat(100_000)),
      text.replace(/\d+/, `${'['.repeat(5000)}1${']'.repeat(5000)}`),
      text.replace(/"/, '"\\ud800'),
    ]),
  )
}

function change(root: { value: Json }, random: Random): void {
  const places = everyPlace(root)
  const { parent, key } = pick(random, places)
  const container = parent as Record<string, Json>
  const old = container[key]
  switch (random.integer(0, 8)) {
    case 0:
      if (parent !== root) delete container[key]
      if (Array.isArray(parent)) parent.splice(Number(key), 1)
      return
    case 1:
      // Of an array JSON has no names, and one called constructor would break its methods.
      if (Array.isArray(parent)) {
        parent.push(old)
        return
      }
      // Defined, because an assignment to __proto__ makes no key.
      Object.defineProperty(parent, pick(random, WORDS), {
        value: old,
        enumerable: true,
        configurable: true,
        writable: true,
      })
      return
    case 2:
      container[key] = structuredClone(valueAt(pick(random, places)))
      return
    case 3:
      container[key] = pick<Json>(random, [null, true, false, [], {}, [old], { x: old }, 'x'.repeat(100_000)])
      return
    case 4:
      container[key] = pick(random, WORDS)
      return
    case 5:
      container[key] = Array.from({ length: random.integer(0, 12) }, () => pick(random, NUMBERS))
      return
    default:
      container[key] = typeof old === 'number' ? nearly(old, random) : pick(random, NUMBERS)
  }
}

function nearly(value: number, random: Random): number {
  return pick(random, [
    value + 1,
    value - 1,
    value * 2,
    -value,
    value / 2,
    value + 4,
    value * 1e9,
    ...NUMBERS,
  ])
}

interface Place {
  readonly parent: object
  readonly key: string
}

const valueAt = ({ parent, key }: Place): Json => (parent as Record<string, Json>)[key]

function everyPlace(root: object): Place[] {
  const places: Place[] = []
  const walk = (parent: object): void => {
    for (const key of Object.keys(parent)) {
      places.push({ parent, key })
      const value = valueAt({ parent, key })
      if (typeof value === 'object' && value !== null) walk(value)
    }
  }
  walk(root)
  return places
}
