import assert from 'node:assert/strict'
import fc from 'fast-check'
import { copyPlain, restorePlain } from '../../src/forecast/plain.ts'

const array = fc.oneof(
  fc.float32Array({ maxLength: 5 }),
  fc.float64Array({ maxLength: 5 }),
  fc.int32Array({ maxLength: 5 }),
  fc.uint8Array({ maxLength: 5 }),
  fc.uint16Array({ maxLength: 5 }),
  fc.int16Array({ maxLength: 5 }),
)
const name = fc.oneof(
  fc.string(),
  fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length'),
)
/** Objects with any own names, `__proto__` included. */
const { state } = fc.letrec<{ state: unknown; record: object }>((tie) => ({
  state: fc.oneof(
    { maxDepth: 4 },
    fc.double(),
    fc.boolean(),
    fc.string(),
    array,
    fc.array(tie('state'), { maxLength: 4 }),
    tie('record'),
  ),
  record: fc
    .array(fc.tuple(name, tie('state')), { maxLength: 4 })
    .map((entries) => Object.fromEntries(entries)),
}))

/** All that is not an object or a list. */
const isLeaf = (value: unknown): boolean =>
  typeof value !== 'object' || value === null || ArrayBuffer.isView(value)

/** Paths to all parts of a state but itself. */
function paths(value: unknown, at: readonly string[] = []): string[][] {
  if (isLeaf(value)) return []
  return Object.entries(value as object).flatMap(([name, part]) => [
    [...at, name],
    ...paths(part, [...at, name]),
  ])
}

/** A copy in which the part at `path` is gone, or another. */
function changed(value: unknown, [name, ...rest]: readonly string[], other: unknown, gone: boolean): unknown {
  const here = rest.length === 0
  const entries = Object.entries(value as object).map(([key, part]): [string, unknown] => {
    if (key !== name) return [key, part]
    return [key, here ? (gone ? undefined : other) : changed(part, rest, other, gone)]
  })
  if (Array.isArray(value)) return entries.map(([, part]) => part)
  return Object.fromEntries(entries.filter(([key]) => !(gone && here && key === name)))
}

describe('plain state', () => {
  it('comes back from its copy as it was, whatever names it has', () => {
    fc.assert(
      fc.property(state, (value) => {
        const saved = copyPlain(value)
        assert.deepEqual(saved, value)
        const restored = restorePlain(saved, value, 'state')
        assert.deepEqual(restored, value)
      }),
    )
  })

  it('shares no array with its copy, nor with what is restored of it', () => {
    fc.assert(
      fc.property(fc.float64Array({ minLength: 1, maxLength: 5, noNaN: true }), (numbers) => {
        const value = { deep: [{ numbers }] }
        const saved = copyPlain(value) as unknown as typeof value
        const restored = restorePlain(saved, value, 'state')
        const before = numbers[0]
        saved.deep[0].numbers[0] = before + 1 || 1
        assert.ok(Object.is(numbers[0], before))
        assert.ok(Object.is(restored.deep[0].numbers[0], before))
      }),
    )
  })

  it('is refused by the name of the part that is gone or of another kind', () => {
    const others: unknown[] = [undefined, null, 1n, 'text', 7, true, [], {}, new Float32Array(9), Symbol('s')]
    fc.assert(
      fc.property(state, fc.nat(), fc.nat(), fc.boolean(), (value, which, kind, gone) => {
        const all = paths(value)
        fc.pre(all.length > 0)
        const path = all[which % all.length]
        const part = path.reduce<unknown>((at, name) => (at as { [name: string]: unknown })[name], value)
        const other = others[kind % others.length]
        const kindOf = (one: unknown): string => {
          if (ArrayBuffer.isView(one)) return `${one.constructor.name} ${one.byteLength}`
          return Array.isArray(one) ? 'list' : one === null ? 'null' : typeof one
        }
        // Another of the same kind fits where nothing of it is asked for.
        fc.pre(
          gone || kindOf(other) !== kindOf(part) || (!isLeaf(part) && Object.keys(part as object).length > 0),
        )
        assert.throws(
          () => restorePlain(changed(value, path, other, gone), value, 'state'),
          (error: Error) => error.message.startsWith(`saved state.${path.join('.')}`),
        )
      }),
    )
  })

  it('takes no names from prototypes, neither of what is saved nor of all objects', () => {
    assert.throws(
      () => restorePlain({}, { constructor: 'text', toString: 'text' }, 'state'),
      /^Error: saved state\.constructor does not fit$/,
    )
    const saved = JSON.parse('{"__proto__": {"count": 7}}') as unknown
    assert.throws(
      () => restorePlain(saved, { count: 0 }, 'state'),
      /^Error: saved state\.count does not fit$/,
    )
    assert.equal(({} as { count?: number }).count, undefined)
    const copied = copyPlain(saved) as { count?: number }
    assert.equal(copied.count, undefined)
    assert.ok(Object.hasOwn(copied, '__proto__'))
  })

  it('leaves out what it does not ask for', () => {
    assert.deepEqual(restorePlain({ a: 1, b: 2, __proto__: { c: 3 } }, { a: 0 }, 'state'), { a: 1 })
  })
})
