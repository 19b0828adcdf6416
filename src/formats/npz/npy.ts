import { quote } from '../../quote.ts'
import { viewOf } from '../bytes.ts'
import type { Dtype } from '../dtype.ts'
import { FormatError } from '../error.ts'
import { MAX_HEADER } from '../limits.ts'
import type { TensorSource } from '../tensor.ts'

// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

const MAGIC = '\x93NUMPY'
const VERSION_AT = MAGIC.length
const LENGTH_AT = VERSION_AT + 2
/** The numbers of a file that we write begin at a multiple of this, as NumPy's do. */
const ALIGNMENT = 64

const DTYPES: ReadonlyMap<string, Dtype> = new Map<string, Dtype>([
  ['f8', 'F64'],
  ['f4', 'F32'],
  ['f2', 'F16'],
  ['i8', 'I64'],
  ['i4', 'I32'],
  ['i2', 'I16'],
  ['i1', 'I8'],
  ['u8', 'U64'],
  ['u4', 'U32'],
  ['u2', 'U16'],
  ['u1', 'U8'],
  ['b1', 'BOOL'],
])

/** Tokens of the Python dict that a header is: text, a word or number, a sign. */
const TOKEN = /\s*(?:'([^'\\]*)'|"([^"\\]*)"|(True|False|\d{1,16})|([{}(),:[\]]))/y

/** What a file says of an array, its numbers not yet looked at. */
export type NpyArray = Required<Omit<TensorSource, 'name'>>

/**
 * An array in NumPy's own format, versions 1 to 3. Its header is parsed, never evaluated.
 * @param name as errors show it
 * @throws FormatError when it holds records, or is cut off; Python objects are of the type `other`, never read
 */
export function readNpy(bytes: Uint8Array, name: string): NpyArray {
  const wrong = (what: string): FormatError => new FormatError(`${name} ${what}`)
  if (bytes.byteLength < LENGTH_AT + 4) throw wrong('is no NumPy array: it is cut off')
  if ([...MAGIC].some((c, i) => bytes[i] !== c.charCodeAt(0))) throw wrong('is no NumPy array')
  const version = bytes[VERSION_AT]
  if (version < 1 || version > 3) throw wrong(`is a NumPy array of version ${version}; read are 1 to 3`)
  const view = viewOf(bytes)
  const length = version === 1 ? view.getUint16(LENGTH_AT, true) : view.getUint32(LENGTH_AT, true)
  const start = LENGTH_AT + (version === 1 ? 2 : 4)
  if (length > MAX_HEADER) throw wrong(`has a header of ${length} bytes, at most ${MAX_HEADER} are read`)
  if (start + length > bytes.byteLength) throw wrong('is cut off in its header')

  const header = parseHeader(new TextDecoder().decode(bytes.subarray(start, start + length)), wrong)
  const { descr, fortranOrder, shape } = header
  const [, order, type] = /^([<>|=])([a-zA-Z]\d*)/.exec(descr) ?? []
  if (type === undefined) throw wrong(`has the unknown type ${quote(descr)}`)
  return {
    shape,
    dtype: DTYPES.get(descr.slice(1)) ?? 'other',
    bytes: bytes.subarray(start + length),
    littleEndian: order !== '>',
    fortranOrder,
  }
}

/** An array of version 1, row-major and little-endian. */
export function writeNpy(values: Float32Array | Uint8Array, shape: readonly number[]): Uint8Array {
  const header = npyHeader(values instanceof Float32Array ? '<f4' : '|u1', shape)
  const start = header.length
  const bytes = new Uint8Array(start + values.byteLength)
  bytes.set(header)
  const view = new DataView(bytes.buffer)
  values.forEach((value: number, i: number) => {
    if (values instanceof Float32Array) view.setFloat32(start + i * 4, value, true)
    else bytes[start + i] = value
  })
  return bytes
}

/**
 * What stands before the numbers of a row-major array of version 1.
 * @param descr NumPy's name of the type, e.g. `<f4`
 */
export function npyHeader(descr: string, shape: readonly number[]): Uint8Array {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ')
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${sizes}), }`
  const start = Math.ceil((LENGTH_AT + 2 + dict.length + 1) / ALIGNMENT) * ALIGNMENT
  const bytes = new Uint8Array(start)
  const text = `${dict.padEnd(start - LENGTH_AT - 3)}\n`
  for (let i = 0; i < MAGIC.length; i++) bytes[i] = MAGIC.charCodeAt(i)
  bytes[VERSION_AT] = 1
  viewOf(bytes).setUint16(LENGTH_AT, text.length, true)
  bytes.set(new TextEncoder().encode(text), LENGTH_AT + 2)
  return bytes
}

interface Header {
  readonly descr: string
  readonly fortranOrder: boolean
  readonly shape: readonly number[]
}

/** `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`, in any order, and nothing else. */
function parseHeader(text: string, wrong: (what: string) => FormatError): Header {
  const unreadable = (): FormatError => wrong(`has a header that cannot be read: ${quote(text.trim())}`)
  let at = 0
  const next = (): string => {
    TOKEN.lastIndex = at
    const found = TOKEN.exec(text)
    if (!found) throw unreadable()
    at = TOKEN.lastIndex
    const [, single, double, word, sign] = found
    // Text is told from signs and words by a quote in front.
    return word ?? sign ?? `'${single ?? double}`
  }
  const expect = (token: string): void => {
    if (next() !== token) throw unreadable()
  }
  const fields = new Map<string, string | readonly number[]>()
  expect('{')
  let token = next()
  while (token !== '}') {
    const key = token
    if (!key.startsWith("'") || fields.has(key)) throw unreadable()
    expect(':')
    const value = next()
    if (value === '[') throw wrong('holds records, not numbers')
    fields.set(key, value === '(' ? numbers(next, unreadable) : value)
    token = next()
    if (token === ',') token = next()
    else if (token !== '}') throw unreadable()
  }
  const descr = fields.get("'descr")
  const order = fields.get("'fortran_order")
  const shape = fields.get("'shape")
  if (
    fields.size !== 3 ||
    text.slice(at).trim() !== '' ||
    typeof descr !== 'string' ||
    !descr.startsWith("'") ||
    (order !== 'True' && order !== 'False') ||
    typeof shape !== 'object'
  ) {
    throw unreadable()
  }
  return { descr: descr.slice(1), fortranOrder: order === 'True', shape }
}

/** The rest of a tuple. */
function numbers(next: () => string, unreadable: () => FormatError): readonly number[] {
  const list: number[] = []
  let token = next()
  while (token !== ')') {
    if (!/^\d+$/.test(token)) throw unreadable()
    list.push(Number(token))
    token = next()
    if (token === ',') token = next()
    else if (token !== ')' || list.length === 1) throw unreadable()
  }
  return list
}
