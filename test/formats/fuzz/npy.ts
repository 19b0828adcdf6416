import { type Mutation, mutateBytes, pick } from './bytes.ts'

const MAGIC = 6
const SHAPES = [
  ...[
    '()',
    '(1,)',
    '(5,)',
    '(5, 5)',
    '(25,)',
    '(0, 5)',
    '(-5, -5)',
    '(5.0, 5)',
    '(1e1, 5)',
    '(4294967296, 4294967296)',
  ],
  ...[
    '(9007199254740993,)',
    `(${'1, '.repeat(64)})`,
    `(${'9'.repeat(400)},)`,
    '(5, 5',
    '5',
    '[5, 5]',
    "('5',)",
    '(True, 5)',
  ],
  ...[
    '((5, 5),)',
    `${'('.repeat(1000)}${')'.repeat(1000)}`,
    '(0x5, 5)',
    '(5L, 5)',
    '(5, 5,)',
    '(__import__("os"),)',
  ],
]
const TYPES = [
  ...[
    "'<f8'",
    "'>f4'",
    "'<f4'",
    "'=f4'",
    "'|f4'",
    "'f4'",
    "'<f2'",
    "'<f16'",
    "'|O'",
    "'<U10'",
    "'|S4'",
    "'<i8'",
    "'>i2'",
  ],
  ...["'|b1'", "'<c8'", "'<M8[ns]'", "[('a', '<f4')]", "'<f400000000'", "''", 'None', "'<f4\\x00'", "'|V4'"],
]

/** The header's shape, type or order replaced, its length put right mostly. */
export const mutateNpy: Mutation = (bytes, random) => {
  const wide = bytes[MAGIC] > 1
  const start = wide ? MAGIC + 6 : MAGIC + 4
  const length = wide ? bytes.readUInt32LE(MAGIC + 2) : bytes.readUInt16LE(MAGIC + 2)
  const text = bytes.toString('latin1', start, start + length)
  const header = Buffer.from(
    pick(random, [
      () => text.replace(/\([^)]*\)/, pick(random, SHAPES)),
      () => text.replace(/'descr': *'[^']*'/, `'descr': ${pick(random, TYPES)}`),
      () => text.replace(/False|True/, pick(random, ['True', 'False', '1', 'None', "'True'", 'Truer'])),
      () => text.replace(/'\w+':/, pick(random, ["'shape':", "'x':", "'__proto__':", 'descr:'])),
      () => text.replace('}', pick(random, ['', '}}', ", 'shape': (1,)}", '} + {}', '\0'.repeat(9)])),
      () => ' '.repeat(70_000),
      () => mutateBytes(Buffer.from(text, 'latin1'), random).toString('latin1'),
    ])(),
    'latin1',
  )
  const version = pick(random, [1, 1, 1, 1, 2, 3, 0, 255])
  const declared = random.integer(0, 8) > 0 ? header.length : random.integer(0, 70_000)
  const prefix = Buffer.concat([
    bytes.subarray(0, MAGIC),
    Buffer.from([version, 0]),
    Buffer.alloc(version > 1 ? 4 : 2),
  ])
  if (version > 1) prefix.writeUInt32LE(declared, MAGIC + 2)
  else prefix.writeUInt16LE(declared & 0xffff, MAGIC + 2)
  return Buffer.concat([prefix, header, bytes.subarray(start + length)])
}
