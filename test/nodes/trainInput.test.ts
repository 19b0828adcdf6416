import assert from 'node:assert/strict'
import type { Message } from '../../nodes/red.ts'
import type { History } from '../../nodes/trainHistory.ts'
import { createTrainInput, type TrainInput } from '../../nodes/trainInput.ts'

const HOUR = 3_600_000
const T0 = Date.UTC(2026, 0, 5)
const iso = (hour: number): string => new Date(T0 + hour * HOUR).toISOString()
const hours = [0, 1, 2, 3]

describe('the input of gru-train', () => {
  let givenUp: number[]
  let input: TrainInput
  beforeEach(() => {
    givenUp = []
    input = createTrainInput((parts) => givenUp.push(parts))
  })

  /** What the messages make; all but the last are only collected. */
  async function historyOf(...messages: Message[]): Promise<History> {
    const last = messages.length - 1
    for (const msg of messages.slice(0, last)) assert.equal(input.take(msg), undefined)
    const read = input.take(messages[last])
    assert.ok(read, 'the history is complete')
    return read()
  }
  const columnsOf = async (...messages: Message[]): Promise<Record<string, number[]>> => {
    const { columns } = await historyOf(...messages)
    return Object.fromEntries(columns.map(({ name, values }) => [name, [...values]]))
  }

  const csv = `time,a,b\n${hours.map((h) => `${iso(h)},${h},${10 * h}`).join('\n')}\n`
  const both = { a: [0, 1, 2, 3], b: [0, 10, 20, 30] }
  const wide = hours.map((h) => ({ time: T0 + h * HOUR, a: h, b: 10 * h }))
  const long = hours.map((h) => ({ time: iso(h), value: h }))
  const flux = hours.map((h) => ({
    ...{ result: '_result', table: 0, _start: iso(0), _stop: iso(9) },
    ...{ _time: iso(h), _value: h, _field: 'level', _measurement: 'tank' },
  }))

  const whole: [what: string, msg: Message, columns: Record<string, number[]>][] = [
    ['numbers', { topic: 'boiler', payload: [1, 2, 3] }, { boiler: [1, 2, 3] }],
    ['numbers without a topic', { payload: [1, 2, 3] }, { value: [1, 2, 3] }],
    ['pairs of time and value', { topic: 'x', payload: hours.map((h) => [T0 + h * HOUR, h]) }, { x: both.a }],
    ['objects of time and value', { topic: 'x', payload: long }, { x: both.a }],
    [
      'objects with topics',
      { topic: 'x', payload: long.map((row) => ({ ...row, topic: 'y' })) },
      { y: both.a },
    ],
    ['rows of InfluxDB', { topic: 'from(bucket: "x")', payload: flux }, { 'tank/level': both.a }],
    ['rows of several columns', { topic: 'SELECT * FROM x', payload: wide }, both],
    ['CSV', { topic: 'x', payload: csv }, both],
    ['CSV with semicolons', { payload: 'a;b\r\n1,5;2\r\n2,5;3\r\n' }, { a: [1.5, 2.5], b: [2, 3] }],
    ['the bytes of CSV', { payload: Buffer.from(csv) }, both],
    ['JSON', { topic: 'x', payload: JSON.stringify(wide, null, 1) }, both],
    ['arrays of columns', { payload: { a: both.a, b: both.b } }, both],
    ['typed arrays', { topic: 'x', payload: Float64Array.of(1, 2) }, { x: [1, 2] }],
  ]
  for (const [what, msg, columns] of whole) {
    it(`takes ${what} in one message`, async () => assert.deepEqual(await columnsOf(msg), columns))
  }

  it('tells the time from row to row, fills gaps and says so', async () => {
    const { columns, period, notes } = await historyOf({ payload: csv.replace(/.*,2,20\n/, '') })
    assert.equal(period, HOUR)
    assert.deepEqual([...columns[0].values], [0, 1, Number.NaN, 3])
    assert.equal(notes.length, 1)
  })

  it('collects a row from each message until msg.complete, which may bring the last', async () => {
    const rows = long.map((payload) => ({ topic: 'x', payload }))
    assert.deepEqual(await columnsOf(...rows, { complete: true }), { x: both.a })
    assert.equal(input.collected, 0)
    const first = rows.slice(0, 3)
    assert.deepEqual(
      await columnsOf(...first, { ...rows[3], complete: false }),
      { x: both.a },
      'whatever its value',
    )
    const texts = hours.map((h) => ({ topic: 'x', payload: String(h) }))
    assert.deepEqual(await columnsOf(...texts, { complete: true }), { x: both.a })
    const pairs = hours.map((h) => ({ topic: 'x', payload: [iso(h), h] }))
    assert.deepEqual(await columnsOf(...pairs, { complete: true }), { x: both.a })
    const sensors = hours.flatMap((h) =>
      ['x', 'y'].map((topic) => ({ topic, payload: { time: iso(h), value: h } })),
    )
    assert.deepEqual(await columnsOf(...sensors, { complete: true }), { x: both.a, y: both.a })
  })

  it('does not mix what it collects with a history of its own', async () => {
    assert.equal(input.take({ topic: 'x', payload: 7 }), undefined)
    assert.deepEqual(await columnsOf({ topic: 'x', payload: [1, 2] }), { x: [1, 2] })
    assert.equal(input.collected, 1)
    assert.deepEqual(await columnsOf({ topic: 'x', payload: 8 }, { complete: true }), { x: [7, 8] })
  })

  it('collects sequences until all parts are there, however they are mixed', async () => {
    const parts = (id: string, rows: readonly unknown[]): Message[] =>
      rows.map((payload, index) => ({
        payload,
        topic: 'x',
        parts: { id, index, count: rows.length, type: 'array' },
      }))
    const a = parts('a', wide)
    const b = parts('b', long)
    const mixed = a.flatMap((msg, i) => [msg, b[i]])
    assert.deepEqual(await columnsOf(...mixed.slice(0, 7)), both)
    assert.deepEqual(await columnsOf(mixed[7]), { x: both.a })
    assert.equal(input.collected, 0)
  })

  it('leaves out the parts that cannot be used, wherever they are, and says how many', async () => {
    const cells = [[1, 2], '{', [3, 4], '[5', [6]]
    for (const order of [cells, cells.toReversed(), [cells[1], ...cells.slice(2), cells[0]]]) {
      const parts = { id: 'a', count: order.length, type: 'array' }
      const msgs = order.map((payload, index) => ({ payload, topic: 'x', parts: { ...parts, index } }))
      const last = msgs.length - 1
      for (const msg of msgs.slice(0, last)) {
        if (typeof msg.payload === 'string') assert.throws(() => input.take(msg), /neither CSV nor JSON/)
        else assert.equal(input.take(msg), undefined)
      }
      const { columns, notes } = await input.take(msgs[last])!()
      const good = order.flatMap((cell) => (typeof cell === 'string' ? [] : cell))
      assert.deepEqual([columns[0].name, [...columns[0].values]], ['x', good])
      const first = order.find((cell) => typeof cell === 'string')
      assert.equal(
        notes.at(-1),
        `2 of 5 parts were left out: msg.payload is neither CSV nor JSON: "${first}"`,
      )
      assert.equal(input.collected, 0)
    }
  })

  it('is complete with its last part, even if that cannot be used', async () => {
    const parts = { id: 'a', count: 2, type: 'array' }
    assert.equal(input.take({ topic: 'x', payload: [7, 8], parts }), undefined)
    const { columns, notes } = await input.take({ topic: {}, payload: 9, parts })!()
    assert.deepEqual([...columns[0].values], [7, 8])
    assert.equal(
      notes.at(-1),
      '1 of 2 parts was left out: msg.topic must be a text, got an object without fields',
    )
  })

  it('has no history of parts of which none can be used, nor of text that lacks one', async () => {
    const bad = { payload: '{', parts: { id: 'a', count: 2, type: 'array' } }
    assert.throws(() => input.take(bad))
    await assert.rejects(async () => input.take(bad)!(), /neither CSV nor JSON/)
    const piece = (payload: string): Message => ({ payload, parts: { id: 'b', count: 3, type: 'string' } })
    assert.equal(input.take(piece(csv)), undefined)
    assert.throws(() => input.take(piece('x'.repeat(2 ** 25))), /more than 33554432 characters/)
    await assert.rejects(async () => input.take(piece('1'))!(), /more than 33554432 characters/)
    assert.equal(input.collected, 0)
  })

  it('calls the parts of an object by their keys', async () => {
    const split = (object: object): Message[] =>
      Object.entries(object).map(([key, payload], index, all) => ({
        payload,
        topic: 'plant',
        parts: { id: 'a', type: 'object', key, index, count: all.length },
      }))
    assert.deepEqual(await columnsOf(...split(both)), both)
    assert.deepEqual(await columnsOf(...split({ a: long, b: wide })), {
      a: both.a,
      'b/a': both.a,
      'b/b': both.b,
    })
    assert.deepEqual(await columnsOf(...split({ hall: 21.5, roof: '4' })), { hall: [21.5], roof: [4] })
    const [first, second] = split({ a: [1], b: [2] })
    Object.assign(first.parts as object, { key: {} })
    assert.throws(() => input.take(first), /^TypeError: msg\.parts\.key must be a text, got an object/)
    assert.deepEqual(await columnsOf(second), { b: [2] })
  })

  it('joins the lines and the pieces of a file', async () => {
    const lines = csv.split('\n')
    const last = lines.length - 1
    const byLine = lines.map((payload, index) => ({
      payload,
      parts: { id: 1, index, ch: '\n', type: 'string', ...(index === last && { count: lines.length }) },
    }))
    assert.deepEqual(await columnsOf(...byLine), both)
    const bytes = Buffer.from(csv.replace('a,b', 'ä,b'))
    const pieces = [...bytes].map((byte, index) => ({
      payload: Buffer.of(byte),
      parts: { id: 2, index, ch: '', type: 'buffer', count: bytes.length },
    }))
    assert.deepEqual(await columnsOf(...pieces), { ä: both.a, b: both.b })
  })

  it('gives up the oldest of many sequences', () => {
    const part = (id: number): Message => ({ payload: 1, parts: { id, index: 0, count: 3, type: 'array' } })
    for (let id = 0; id < 6; id++) assert.equal(input.take(part(id)), undefined)
    assert.deepEqual(givenUp, [1, 1])
    assert.equal(input.collected, 4)
    input.clear()
    assert.equal(input.collected, 0)
  })

  const refused: [what: string, msg: Message, message: RegExp][] = [
    [
      'a row that is no number',
      { payload: 'warm', complete: true },
      /^the history has no numbers: 1 row was left out, .* "warm" is no number$/,
    ],
    ['no rows', { payload: [] }, /^the history has no numbers: it has no rows$/],
    ['an end before any row', { complete: true }, /^msg\.complete came before any row of a history$/],
    [
      'CSV with a word among numbers',
      { payload: 'a\n1\nwarm\n' },
      /row 2 \(line 3\), column "a": "warm" is no number/,
    ],
    ['broken JSON', { payload: '[1, 2' }, /^msg\.payload is neither CSV nor JSON: "\[1, 2"$/],
    [
      'a topic that is no text',
      { topic: {}, payload: 1 },
      /^msg\.topic must be a text, got an object without fields$/,
    ],
    ['nothing', { payload: undefined, complete: true }, /^msg\.complete came before/],
    ['true', { payload: true, complete: true }, /no numbers: .* true is no number$/],
    [
      'too long a text',
      { payload: 'x'.repeat(2 ** 25 + 1) },
      /^the history has more than 33554432 characters of text$/,
    ],
    [
      'a huge array without numbers',
      { payload: new Array(2 ** 32 - 1) },
      /^there are more than 2000000 rows$/,
    ],
  ]
  for (const [what, msg, message] of refused) {
    it(`refuses ${what}`, async () => {
      await assert.rejects(
        async () => input.take(msg)?.(),
        (error: Error) => message.test(error.message) || assert.fail(error.message),
      )
    })
  }

  it('goes on after what it has refused', async () => {
    assert.equal(input.take({ topic: 'x', payload: 1 }), undefined)
    assert.throws(() => input.take({ topic: {}, payload: 2 }))
    assert.throws(() => input.take({ topic: 'x', payload: '{' }))
    assert.deepEqual(await columnsOf({ topic: 'x', payload: 3 }, { complete: true }), { x: [1, 3] })
  })
})
