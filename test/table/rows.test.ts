import assert from 'node:assert/strict'
import { runInNewContext } from 'node:vm'
import { type CollectedRows, collectRows } from '../../src/table/rows.ts'
import { columnOf, plain } from './tables.ts'

const NAN = Number.NaN
const T0 = Date.UTC(2026, 0, 5)
const MINUTE = 60_000
const at = (minute: number): number => T0 + minute * MINUTE

function collect(...rows: unknown[]): CollectedRows {
  const collector = collectRows()
  for (const row of rows) collector.add(row)
  return collector.finish()
}

describe('collectRows', () => {
  it('takes numbers, which have no times', () => {
    const { columns, period, notes } = collect(1, 2, Number.NaN, '4.5', null, 6)
    assert.deepEqual(plain(columns), [['value', [1, 2, NAN, 4.5, NAN, 6]]])
    assert.equal(period, null)
    assert.equal(columns[0].period, null)
    assert.equal(columns[0].start, null)
    assert.deepEqual(notes, [])
  })

  it('gives rows that name no stream the key that comes with them', () => {
    const collector = collectRows()
    collector.add(1, 'kitchen')
    collector.add([2, 3], 'hall')
    collector.add({ sensor: 'own', value: 4 }, 'hall')
    collector.add({ temperature: 5 }, 'hall')
    assert.deepEqual(plain(collector.finish().columns), [
      ['kitchen', [1]],
      ['hall', [2, 3]],
      ['own', [4]],
      ['hall/temperature', [5]],
    ])
    assert.equal(collector.rows, 5)
  })

  it('takes pairs of time and value, in any order', () => {
    const { columns, period, notes } = collect([
      [at(2), 3],
      [at(0), '1'],
      [new Date(at(1)), 2],
      ['2026-01-05T00:03:00Z', 4],
      [runInNewContext(`new Date(${at(4)})`), 5n],
    ])
    assert.deepEqual(plain(columns), [['value', [1, 2, 3, 4, 5]]])
    assert.equal(period, MINUTE)
    assert.equal(columns[0].start, T0)
    assert.deepEqual(notes, [])
  })

  it('takes long rows, each stream on a grid of its own', () => {
    const rows = [0, 1, 2, 4].flatMap((i) => [
      { time: at(i), topic: 'fast', value: i },
      { timestamp: at(60 * i + 7), topic: 'slow', value: 10 * i },
    ])
    const { columns, period, notes } = collect(rows)
    assert.equal(period, null)
    const fast = columnOf(columns, 'fast')
    const slow = columnOf(columns, 'slow')
    assert.deepEqual([...fast.values], [0, 1, 2, NAN, 4])
    assert.deepEqual([...slow.values], [0, 10, 20, NAN, 40])
    assert.deepEqual([fast.period, slow.period], [MINUTE, 60 * MINUTE])
    assert.deepEqual([fast.start, slow.start], [T0, at(7)])
    assert.deepEqual(notes, ['2 rows are empty because no reading came for them'])
  })

  it('takes rows of Flux, whose tags tell the streams apart', () => {
    const row = (i: number, host: string, field: string, value: unknown): object => ({
      result: '_result',
      table: i,
      _start: '2026-01-01T00:00:00Z',
      _stop: '2026-02-01T00:00:00Z',
      _time: new Date(at(i)).toISOString(),
      _value: value,
      _field: field,
      _measurement: 'cpu',
      rack: host,
    })
    const rows = [0, 1, 2].flatMap((i) => [
      row(i, 'a', 'user', i),
      row(i, 'b', 'user', -i),
      row(i, 'a', 'idle', null),
    ])
    assert.deepEqual(plain(collect(rows).columns), [
      ['cpu/user/a', [0, 1, 2]],
      ['cpu/user/b', [-0, -1, -2]],
    ])
    const pivoted = [0, 1].map((i) => ({
      table: 0,
      _time: at(i),
      _measurement: 'air',
      room: 'hall',
      t: 20 + i,
      h: 40,
    }))
    assert.deepEqual(plain(collect(pivoted).columns), [
      ['air/hall/t', [20, 21]],
      ['air/hall/h', [40, 40]],
    ])
  })

  it('takes wide rows, as queries give them: every field that is a finite number is a column', () => {
    const rows = [0, 1, 2].map((i) => ({
      id: i,
      time: new Date(at(i)),
      temperature: 20 + i,
      humidity: i === 1 ? null : 40,
      unit: '°C',
      broken: Number.POSITIVE_INFINITY,
      ok: true,
    }))
    const { columns, period, notes } = collect(rows)
    assert.deepEqual(plain(columns), [
      ['temperature', [20, 21, 22]],
      ['humidity', [40, NAN, 40]],
    ])
    assert.equal(period, MINUTE)
    assert.deepEqual(notes, [])
  })

  it('puts wide rows without times one after the other', () => {
    assert.deepEqual(plain(collect([{ a: 1, b: 2 }, { a: 3 }, { a: 5, b: 6 }]).columns), [
      ['a', [1, 3, 5]],
      ['b', [2, NAN, 6]],
    ])
  })

  it('puts fields that come in rows of their own together, and those that come more rarely on their own grid', () => {
    const rows = Array.from({ length: 600 }, (_, i) => [
      { time: at(i), temperature: i },
      { time: at(i), pressure: -i },
      ...(i % 60 === 30 ? [{ time: at(i) + 20_000, rain: i }] : []),
    ])
    const { columns, notes } = collect(rows.flat().reverse())
    assert.deepEqual(
      [...columnOf(columns, 'temperature').values],
      Array.from({ length: 600 }, (_, i) => i),
    )
    assert.equal(columnOf(columns, 'pressure').values.length, 600)
    assert.deepEqual([...columnOf(columns, 'rain').values], [30, 90, 150, 210, 270, 330, 390, 450, 510, 570])
    assert.equal(columnOf(columns, 'rain').period, 60 * MINUTE)
    assert.equal(columnOf(columns, 'rain').start, at(30) + 20_000)
    assert.deepEqual(notes, [])
  })

  it('leaves the gaps of a column that comes now and then where they are', () => {
    const rows = Array.from({ length: 100 }, (_, i) => ({ time: at(i), a: i, b: i % 7 < 2 ? i : null }))
    const { columns, period } = collect(rows)
    assert.equal(period, MINUTE)
    assert.equal(columnOf(columns, 'b').values.length, 100)
    assert.equal(columnOf(columns, 'b').values[71], 71)
  })

  it('takes an object of arrays', () => {
    const time = Float64Array.of(at(0), at(1), at(2))
    assert.deepEqual(plain(collect({ time, a: [1, 2, 3], b: Float32Array.of(4, 5, 6) }).columns), [
      ['a', [1, 2, 3]],
      ['b', [4, 5, 6]],
    ])
    assert.deepEqual(plain(collect({ topic: 'x', time, value: ['1', null, 3] }).columns), [
      ['x', [1, NAN, 3]],
    ])
    assert.deepEqual(collect({ a: [1, 2], b: [1] }).notes, [
      '1 row was left out, the first was row 1: the arrays of an object with "a", "b" have different lengths',
    ])
  })

  it('takes a field t for the time only if it can be one', () => {
    assert.deepEqual(plain(collect({ t: 21.5, h: 40 }, { t: 22, h: 41 }).columns), [
      ['t', [21.5, 22]],
      ['h', [40, 41]],
    ])
    assert.equal(collect({ t: at(0), v: 1 }, { t: at(1), v: 2 }).period, MINUTE)
    assert.deepEqual(plain(collect({ v: 230, i: 2 }).columns), [
      ['v', [230]],
      ['i', [2]],
    ])
  })

  it('keeps the first of two values of one time, and says so', () => {
    const { columns, notes } = collect([at(0), 1], [at(1), 2], [at(1), 3], [at(2), 4], [at(0), 5])
    assert.deepEqual(plain(columns), [['value', [1, 2, 4]]])
    assert.deepEqual(notes, ['2 values were left out for having the time of another'])
  })

  it('leaves out what is no row, and names the first', () => {
    const bad = [
      'abc',
      true,
      {},
      { topic: 'a' },
      { value: 'off' },
      { time: 'noon', value: 1 },
      [at(0), {}],
      Buffer.from('1'),
      [[]],
    ]
    const { columns, notes } = collect(1, ...bad, [[[[[[5]]]]]], new Date(), () => 1)
    assert.deepEqual(plain(columns), [['value', [1]]])
    assert.deepEqual(notes, ['12 rows were left out, the first was row 2: "abc" is no number'])
    assert.deepEqual(collect([at(0), 1], 2, [at(1), 3]).notes, [
      '1 row was left out, the first was row 2: a row without a time',
    ])
    assert.deepEqual(collect({ time: '2026-02-30', value: 1 }), {
      columns: [],
      period: null,
      notes: ['1 row was left out, the first was row 1: "2026-02-30" is no time that can be read'],
    })
  })

  it('keeps the longest part where a time is years ahead', () => {
    const { columns, notes } = collect([at(0), 1], [at(1), 2], [at(2), 3], [at(9_000_000), 4])
    assert.deepEqual(plain(columns), [['value', [1, 2, 3]]])
    assert.deepEqual(notes, ['1 reading was left out because the gaps to the others are too long to fill'])
  })

  it('takes fields whose names mean something to JavaScript', () => {
    const row = JSON.parse('{"__proto__": 1, "constructor": 2, "toString": 3}')
    const arrays = JSON.parse('{"__proto__": [1], "constructor": [2], "toString": [3]}')
    const expected = [
      ['__proto__', [1]],
      ['constructor', [2]],
      ['toString', [3]],
    ]
    assert.deepEqual(plain(collect(row).columns), expected)
    assert.deepEqual(plain(collect(arrays).columns), expected)
    assert.deepEqual(plain(collect({ topic: '__proto__', value: 1 }).columns), [['__proto__', [1]]])
  })

  it('has limits', () => {
    const few = collectRows({ maxRows: 3 })
    few.add([1, 2, 3])
    assert.throws(() => few.add(4), { name: 'RangeError', message: 'there are more than 3 rows' })
    const cyclic: unknown[] = []
    for (let i = 0; i < 100; i++) cyclic.push(cyclic)
    assert.throws(() => collectRows({ maxRows: 1000 }).add(cyclic), {
      message: 'there are more than 1000 rows',
    })
    const wide = Object.fromEntries(Array.from({ length: 10_001 }, (_, i) => [`f${i}`, i]))
    assert.throws(() => collect(wide), { message: 'there are more than 10000 columns' })
    const topics = Array.from({ length: 10_002 }, (_, i) => ({ topic: `t${i}`, value: i }))
    assert.throws(() => collect(topics), { message: 'there are more than 10000 columns' })
    const fields = Array.from({ length: 9000 }, (_, i) => ({ [`f${i}`]: i }))
    assert.throws(() => collect(fields), { message: 'the columns have more than 50000000 cells' })
    assert.throws(() => collect({ topic: 'a/b', value: 1 }, { topic: 'a', b: 1 }), {
      message: 'two columns have the name "a/b"',
    })
  })
})
