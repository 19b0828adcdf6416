/** Writes pickles by hand, good and bad, with the instructions that Python's `pickletools` names. */

const PROTOCOL = Buffer.from([0x80, 2])
const STOP = Buffer.from('.')

/** Instructions of one letter, or bytes written as escapes. */
export function op(codes: string): Buffer {
  return Buffer.from(codes, 'latin1')
}

export function join(...parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat(parts)
}

export function pickle(...parts: readonly Uint8Array[]): Buffer {
  return join(PROTOCOL, ...parts, STOP)
}

/** BINUNICODE. */
export function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return join(op('X'), u32(bytes.length), bytes)
}

/** BININT. */
export function int(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  return join(op('J'), bytes)
}

/** LONG1. */
export function long(value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64LE(value)
  return join(op('\x8a\x08'), bytes)
}

export function global(module: string, name: string): Buffer {
  return Buffer.from(`c${module}\n${name}\n`)
}

export function tuple(...items: readonly Uint8Array[]): Buffer {
  return join(op('('), ...items, op('t'))
}

export function list(...items: readonly Uint8Array[]): Buffer {
  return join(op(']('), ...items, op('e'))
}

export function dict(
  ...entries: readonly (readonly [key: string | Uint8Array, value: Uint8Array])[]
): Buffer {
  const items = entries.flatMap(([key, value]) => [typeof key === 'string' ? text(key) : key, value])
  return join(op('}('), ...items, op('u'))
}

export function call(callee: Uint8Array, ...args: readonly Uint8Array[]): Buffer {
  return join(callee, tuple(...args), op('R'))
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

/** Parts of a tensor; each may be replaced by something else. */
export interface TensorParts {
  readonly key?: string
  readonly type?: string
  /** Numbers in the storage. @default 6 */
  readonly length?: Uint8Array
  readonly offset?: Uint8Array
  /** @default [2, 3] */
  readonly size?: Uint8Array
  /** @default [3, 1] */
  readonly strides?: Uint8Array
  readonly storage?: Uint8Array
  readonly metadata?: Uint8Array
}

export function tensor(parts: TensorParts = {}): Buffer {
  const { key = '0', type = 'FloatStorage', length = int(6), offset = int(0), metadata = op('N') } = parts
  const { size = tuple(int(2), int(3)), strides = tuple(int(3), int(1)) } = parts
  const id = tuple(text('storage'), global('torch', type), text(key), text('cpu'), length)
  const { storage = join(id, op('Q')) } = parts
  const hooks = join(global('collections', 'OrderedDict'), op(')R'))
  return call(
    global('torch._utils', '_rebuild_tensor_v2'),
    ...[storage, offset, size, strides, op('\x89'), hooks, metadata],
  )
}

const MAGIC = Buffer.from('\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19', 'latin1')

/**
 * A file as torch.save wrote it before zip files.
 * @param storages numbers of each storage, as float32; by default six for the storage of `tensor`, if `data` has one
 */
export function legacyFile(
  data: Buffer,
  storages: Readonly<Record<string, readonly number[]>> = data.includes('Storage')
    ? { 0: [1, 2, 3, 4, 5, 6] }
    : {},
): Buffer {
  const blocks = Object.values(storages).map((values) => {
    const length = Buffer.alloc(8)
    length.writeBigUInt64LE(BigInt(values.length))
    return join(length, new Uint8Array(Float32Array.from(values).buffer))
  })
  return join(
    pickle(MAGIC),
    pickle(int(1001)),
    pickle(dict()),
    data,
    pickle(list(...Object.keys(storages).map(text))),
    ...blocks,
  )
}
