import assert from 'node:assert/strict'
import { createContext, runInContext } from 'node:vm'
import fc from 'fast-check'
import { type PayloadOptions, parsePayload } from '../../src/mqtt/payload.ts'

const message = (payload: unknown, options?: PayloadOptions): string => {
  const { error } = parsePayload(payload, options)
  assert.ok(error instanceof Error, `was accepted: ${String(parsePayload(payload, options).value)}`)
  return error.message
}

const nested = (depth: number): unknown => {
  let value: unknown = { value: 1 }
  for (let level = 1; level < depth; level++) value = { value }
  return value
}

describe('parsePayload', () => {
  describe('numbers', () => {
    const accepted: [unknown, number][] = [
      [21.5, 21.5],
      [-0.25, -0.25],
      [0, 0],
      ['21.5', 21.5],
      [' -3\n', -3],
      ['+5', 5],
      ['.5', 0.5],
      ['5.', 5],
      ['1e3', 1000],
      ['1E-3', 0.001],
      [Buffer.from('21.5'), 21.5],
      [new TextEncoder().encode('21.5'), 21.5],
      ['{"value":21.5}', 21.5],
      [' {"v": "21.5"} ', 21.5],
      [Buffer.from('{"temperature":21.5,"linkquality":80,"battery":99,"voltage":3000}'), 21.5],
      [{ value: 21.5, other: 3 }, 21.5],
      [{ v: 21.5 }, 21.5],
      [{ temperature: 21.5, unit: 'C', update: { installed: 3 } }, 21.5],
    ]
    for (const [payload, value] of accepted) {
      it(`reads ${payload instanceof Uint8Array ? `bytes ${String(payload)}` : JSON.stringify(payload)}`, () => {
        assert.deepEqual(parsePayload(payload), { value })
      })
    }

    it('reads bytes of another realm, as a function node of Node-RED makes them', () => {
      const bytes: unknown = runInContext('new Uint8Array([50, 49])', createContext({}))
      assert.deepEqual(parsePayload(bytes), { value: 21 })
    })
  })

  describe('refusals', () => {
    const refused: [string, unknown, RegExp][] = [
      ['text', 'on', /payload must be a number, got "on"/],
      ['text with a unit', '21.5 °C', /must be a number, got "21.5 °C"/],
      ['a decimal comma', '21,5', /must be a number/],
      ['empty text', '', /payload is empty/],
      ['blank text', ' \n', /payload is empty/],
      ['empty bytes', new Uint8Array(), /payload is empty/],
      ['hexadecimal text', '0x10', /must be a number, got "0x10"/],
      ['text Infinity', 'Infinity', /must be a number/],
      ['text NaN', 'NaN', /must be a number/],
      ['text beyond float64', '1e999', /must be finite, got "1e999"/],
      ['text null', 'null', /must be a number/],
      ['text of an array', '[21.5]', /must be a number, got "\[21.5\]"/],
      ['broken JSON', '{"value":', /neither a number nor JSON: "\{\\"value\\":"/],
      ['JSON beyond float64', '{"value":1e999}', /"value" must be finite, got Infinity/],
      ['NaN', Number.NaN, /must be finite, got NaN/],
      ['Infinity', Number.POSITIVE_INFINITY, /must be finite, got Infinity/],
      ['null', null, /must be a number, got null/],
      ['undefined', undefined, /must be a number, got undefined/],
      ['true', true, /must be a number, got true/],
      ['an array', [21.5], /must be a number, got an array of 1/],
      ['other typed arrays', new Float32Array([21.5]), /must be a number, got 4 bytes/],
      ['a function', () => 21.5, /must be a number, got a function/],
      ['a symbol', Symbol('21.5'), /must be a number, got a symbol/],
      ['a bigint', 21n, /must be a number, got a bigint/],
      ['a Date', new Date(0), /must be a number, got a Date/],
      ['an empty object', {}, /holds no number, got an object without fields/],
      ['an object without numbers', { state: 'ON' }, /holds no number, got an object with "state"/],
      ['a null value', { value: null, t: 1 }, /"value" must be a number, got null/],
      ['a boolean value', { value: true }, /"value" must be a number, got true/],
      ['an array value', { value: [1] }, /"value" must be a number, got an array of 1/],
      ['a NaN field', { temperature: Number.NaN }, /"temperature" must be finite, got NaN/],
      ['several numbers', { temperature: 21, humidity: 40 }, /several numbers.*"temperature", "humidity"/],
      ['only what is set aside', { battery: 90, voltage: 3 }, /no number but "battery", "voltage"/],
      ['a field named __proto__', '{"__proto__":{"value":1}}', /field named "__proto__"/],
      ['64 KB of text', '1'.repeat(65_537), /larger than 65536/],
      ['64 KB of bytes', Buffer.alloc(65_537, '1'), /larger than 65536/],
      ['64 KB in an object', { value: 1, note: 'x'.repeat(65_536) }, /larger than 65536/],
      ['64 KB in an array', { value: 1, list: new Array(70_000).fill(0) }, /larger than 65536/],
      ['33 levels', nested(33), /deeper than 32/],
      ['deep JSON', `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`, /deeper than 32/],
    ]
    for (const [name, payload, reason] of refused) {
      it(`refuses ${name}`, () => assert.match(message(payload), reason))
    }

    it('refuses a cycle, however wide', () => {
      const cycle: Record<string, unknown> = { value: 1 }
      cycle.a = cycle
      cycle.b = cycle
      assert.match(message(cycle), /deeper than 32|larger than/)
    })

    it('refuses what throws when looked at', () => {
      const trap = {
        get value(): number {
          throw new Error('no')
        },
      }
      assert.equal(message(trap), 'no')
      const { proxy, revoke } = Proxy.revocable({}, {})
      revoke()
      assert.ok(message(proxy))
    })

    it('quotes shortly, escaped and on one line', () => {
      const text = message(`\u202e\u0007${'<b>\n'.repeat(10_000)}`)
      assert.ok(text.length < 200, text)
      for (const raw of ['\u202e', '\u0007', '\n']) assert.ok(!text.includes(raw), text)
      assert.match(text, /\\u202e\\u0007<b>\\n/)
    })
  })

  describe('path', () => {
    const tasmota = { Time: '2018-03-02T18:25:03', AM2301: { Temperature: 22.6, Humidity: 40 } }

    it('leads into nested objects', () => {
      assert.deepEqual(parsePayload(tasmota, { path: 'AM2301.Temperature' }), { value: 22.6 })
      assert.deepEqual(parsePayload(JSON.stringify(tasmota), { path: 'AM2301.Humidity' }), { value: 40 })
      assert.deepEqual(parsePayload({ list: [1, { a: '2' }] }, { path: 'list.1.a' }), { value: 2 })
    })

    it('may end at an object that holds one reading', () => {
      assert.deepEqual(parsePayload({ a: { value: 5, ts: 1.7e9 } }, { path: 'a' }), {
        value: 5,
        time: 1.7e12,
      })
      assert.match(message(tasmota, { path: 'AM2301' }), /several numbers.*"Temperature", "Humidity"/)
    })

    it('names what is missing', () => {
      assert.match(message(tasmota, { path: 'AM2301.Pressure' }), /path "AM2301.Pressure" leads to nothing/)
      assert.match(message(tasmota, { path: 'Time' }), /"Time" must be a number, got "2018/)
      assert.match(message({ a: null }, { path: 'a.b' }), /leads to nothing/)
      assert.match(message(21.5, { path: 'a' }), /path "a" needs an object, got 21.5/)
    })

    it('takes own fields only', () => {
      assert.match(message({ a: 1 }, { path: 'toString.length' }), /leads to nothing/)
      for (const path of ['__proto__.value', 'constructor.length', 'a.prototype']) {
        assert.match(message({ a: { b: 1 } }, { path }), new RegExp(`path must be names .* got "${path}"`))
      }
    })

    it('is names with dots between them', () => {
      for (const path of ['', 'a..b', '.a', 'a.']) {
        assert.match(message({ a: { b: 1 } }, { path }), new RegExp(`path must be names .* got "${path}"`))
      }
      assert.match(message({ a: 1 }, { path: 5 as unknown as string }), /path must be names .* got 5/)
    })
  })

  describe('time', () => {
    const at = Date.UTC(2023, 10, 14, 22, 13, 20)
    const told: [string, unknown][] = [
      ['epoch seconds', 1_700_000_000],
      ['epoch milliseconds', 1_700_000_000_000],
      ['digits', '1700000000'],
      ['a Date', new Date(1_700_000_000_000)],
      ['a Date of another realm', runInContext('new Date(1700000000000)', createContext({}))],
      ['ISO 8601 in UTC', '2023-11-14T22:13:20Z'],
      ['ISO 8601 with milliseconds', '2023-11-14T22:13:20.000Z'],
      ['ISO 8601 with an offset', '2023-11-14T23:13:20+01:00'],
      ['ISO 8601 with a short offset', '2023-11-14 23:13:20+0100'],
    ]
    for (const [name, time] of told) {
      it(`reads ${name}`, () => {
        for (const field of ['timestamp', 'time', 'ts', 't', 'last_seen']) {
          assert.deepEqual(parsePayload({ value: 1, [field]: time }), { value: 1, time: at })
        }
        assert.deepEqual(parsePayload({ v: 1, meta: { when: time } }, { timePath: 'meta.when' }), {
          value: 1,
          time: at,
        })
      })
    }

    it('keeps fractions of seconds', () => {
      assert.deepEqual(parsePayload({ v: 1, t: 1_700_000_000.25 }), { value: 1, time: at + 250 })
    })

    const local: [string, unknown][] = [
      ['a zoneless local time', '2023-11-14T22:13:20'],
      ['a date alone', '2023-11-14'],
      ['seconds since boot', 12_345],
      ['null', null],
      ['undefined', undefined],
    ]
    for (const [name, time] of local) {
      it(`leaves ${name} to the time of arrival, unless it was asked for by path`, () => {
        assert.deepEqual(parsePayload({ value: 1, timestamp: time }), { value: 1 })
        assert.match(message({ value: 1, at: time }, { timePath: 'at' }), /time at "at" is no epoch time/)
      })
    }

    const unusable: [string, unknown, RegExp][] = [
      ['a day that is none', '2023-13-41T00:00:00Z', /"2023-13-41T00:00:00Z"/],
      ['a Date that is none', new Date(Number.NaN), /a Date/],
      ['microseconds', 1_700_000_000_000_000, /1700000000000000/],
      ['a negative number', -1_700_000_000, /-1700000000/],
      ['text', 'garbage', /"garbage"/],
      ['empty text', '', /""/],
      ['false', false, /false/],
      ['an object', { hour: 3 }, /an object with "hour"/],
    ]
    for (const [name, time, shown] of unusable) {
      it(`refuses ${name}, unless another field tells or the time is not asked for`, () => {
        for (const field of ['timestamp', 'time', 'ts', 'last_seen']) {
          const reason = message({ value: 1, [field]: time })
          assert.match(reason, new RegExp(`^"${field}" is no epoch time or ISO 8601 with zone: `))
          assert.match(reason, shown)
        }
        assert.match(message({ a: { value: 1 }, ts: time }, { path: 'a' }), /"ts" is no epoch time/)
        assert.match(message({ value: 1, at: time }, { timePath: 'at' }), /time at "at" is no epoch time/)
        assert.deepEqual(parsePayload({ value: 1, timestamp: time, ts: 1.7e9 }), { value: 1, time: at })
        assert.deepEqual(parsePayload({ value: 1, timestamp: time }, { timePath: null }), { value: 1 })
        assert.deepEqual(parsePayload({ value: 1, ts: time, at: 1.7e9 }, { timePath: 'at' }), {
          value: 1,
          time: at,
        })
      })
    }

    it('may be the name of the reading, and t that of a temperature', () => {
      assert.deepEqual(parsePayload({ time: 12.5 }), { value: 12.5 })
      assert.deepEqual(parsePayload({ time: '12.5', n: 3 }, { path: 'time' }), { value: 12.5 })
      assert.deepEqual(parsePayload({ t: 21.5, h: 40 }, { path: 'h' }), { value: 40 })
      assert.match(message({ v: 1, t: 'garbage' }), /^"t" is no epoch time .*: "garbage"/)
      assert.match(message({ v: 1, t: 1.7e15 }), /^"t" is no epoch time .*: 1700000000000000/)
    })

    it('takes the time nearest to the value', () => {
      const payload = { ts: 1_600_000_000, a: { b: 5, ts: 1_700_000_000 }, c: { d: 6 } }
      assert.deepEqual(parsePayload(payload, { path: 'a.b' }), { value: 5, time: at })
      assert.deepEqual(parsePayload(payload, { path: 'c.d' }), { value: 6, time: 1_600_000_000_000 })
    })

    it('is not a reading, but a number that is no time is', () => {
      assert.deepEqual(parsePayload({ t: 1_700_000_000, kwh: 3 }), { value: 3, time: at })
      assert.match(message({ t: 21.5, h: 40 }), /several numbers.*"t", "h"/)
    })
  })

  describe('always', () => {
    const sound = (payload: unknown, options?: PayloadOptions): void => {
      const parsed = parsePayload(payload, options)
      if (parsed.error) {
        assert.ok(parsed.error instanceof Error)
        assert.ok(parsed.error.message.length < 1000)
      } else {
        assert.ok(Number.isFinite(parsed.value))
        assert.ok(parsed.time === undefined || Number.isFinite(parsed.time))
      }
    }
    const anything = fc.anything({
      withBigInt: true,
      withBoxedValues: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withObjectString: true,
      withSet: true,
      withSparseArray: true,
      withTypedArray: true,
    })
    const options = fc.record({ path: fc.string(), timePath: fc.string() }, { requiredKeys: [] })

    it('answers anything with a finite number or an error', () => {
      fc.assert(fc.property(anything, options, sound), { numRuns: 2000 })
    })

    it('answers any bytes and any text', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => sound(bytes)),
        { numRuns: 1000 },
      )
      fc.assert(
        fc.property(fc.string({ unit: 'binary' }), (text) => sound(text)),
        { numRuns: 1000 },
      )
    })

    it('answers any JSON, as text, as bytes and parsed', () => {
      fc.assert(
        fc.property(fc.json(), (text) => {
          sound(text)
          sound(Buffer.from(text))
          sound(JSON.parse(text))
        }),
        { numRuns: 1000 },
      )
    })

    it('reads every finite number back from its text, its bytes and its JSON', () => {
      fc.assert(
        fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
          // Neither text nor JSON knows minus zero.
          const expected = value === 0 ? 0 : value
          for (const payload of [String(value), Buffer.from(String(value)), JSON.stringify({ value })]) {
            assert.deepEqual(parsePayload(payload), { value: expected })
          }
        }),
      )
    })
  })
})
