import assert from 'node:assert/strict'
import type { Message } from '../../nodes/red.ts'
import type { Forecast } from '../../src/forecast/types.ts'
import { createRuntime, type Runtime, readings } from './red.ts'

const model = { id: 'model', type: 'gru-model', horizon: '6', segment: '6', hiddenSize: '8', learn: false }
const node = {
  id: 'node',
  type: 'gru-forecast',
  z: 'tab',
  x: 1,
  y: 1,
  model: 'model',
  warmUp: '8',
  wires: [['out']],
}
const out = { id: 'out', type: 'helper', z: 'tab', x: 2, y: 1 }
const tab = { id: 'tab', type: 'tab' }
const flow = [tab, model, node, out]
/** How a field of the editor names a variable of the environment. */
const environment = (name: string): string => `\${${name}}`

describe('gru-forecast', () => {
  let red: Runtime
  const forecasts = (): Forecast[] => red.sent.map((msg) => msg.payload as Forecast)

  beforeEach(() => {
    red = createRuntime()
  })
  afterEach(() => red.dispose())

  it('forecasts every topic by itself and keeps the rest of the message', async () => {
    await red.start(flow)
    const a = readings('plant/a', 0, 20)
    const b = readings('plant/b', 0, 20)
    await red.give(
      'node',
      a.flatMap((msg, i) => [{ ...msg, qos: 1, _msgid: `m${i}` }, b[i]]),
    )
    assert.equal(red.answers.length, 40)
    assert.equal(red.sent.length, 26)
    const { payload, ...rest } = red.sent[24]
    assert.deepEqual(rest, { topic: 'plant/a', qos: 1, _msgid: 'm19' })
    const { key, mean, lower, upper, cutoff, period, counts } = payload as Forecast
    assert.deepEqual(
      { key, cutoff, period },
      { key: 'plant/a', cutoff: 1.7e12 + 19 * 60_000, period: 60_000 },
    )
    assert.deepEqual([mean.length, lower.length, upper.length], [6, 6, 6])
    assert.equal(counts.accepted, 20)
  })

  it('works without a model node', async () => {
    await red.start([tab, { id: 'node', type: 'gru-forecast', z: 'tab', x: 1, y: 1, wires: [['out']] }, out])
    await red.give('node', readings('t', 0, 64))
    assert.equal(red.sent.length, 1)
    assert.equal(forecasts()[0].mean.length, 24)
    assert.equal(forecasts()[0].coverage, 0.9)
  })

  it('finds value, key and time where the settings say', async () => {
    const settings = {
      property: 'data.in',
      path: 'AM2301.Temperature',
      keyProperty: 'device.id',
      timeProperty: 'at',
      timeType: 'msg',
      period: '2',
      periodUnit: 'min',
    }
    await red.start([tab, model, { ...node, ...settings }, out])
    const message = (i: number): Message => ({
      topic: 'ignored',
      device: { id: 7 },
      at: new Date(1.7e12 + i * 120_000).toISOString(),
      data: { in: { AM2301: { Temperature: `${20 + i}` }, Time: '2018-03-02T18:25:03' } },
    })
    await red.give(
      'node',
      Array.from({ length: 8 }, (_, i) => message(i)),
    )
    assert.equal(red.sent.length, 1)
    const { key, last, period, cutoff } = forecasts()[0]
    assert.deepEqual(
      { key, last, period, cutoff },
      { key: '7', last: 27, period: 120_000, cutoff: 1.7e12 + 840_000 },
    )

    await red.give('node', [
      { ...message(9), at: 'yesterday' },
      { ...message(9), at: undefined },
    ])
    assert.match(
      red.answers[8].error!.message,
      /^msg\.at is no epoch time or ISO 8601 with zone, got "yesterday"/,
    )
    assert.match(red.answers[9].error!.message, /^msg\.at is no epoch time .* got undefined/)
  })

  it('takes the arrival as time where there is none', async () => {
    await red.start([tab, model, { ...node, warmUp: '2', period: '1', periodUnit: 'h' }, out])
    const now = Date.now()
    await red.give('node', [
      { topic: 't', payload: { value: 21, timestamp: now - 3_600_000 } },
      { topic: 't', payload: '21.5' },
    ])
    assert.equal(red.sent.length, 1)
    assert.ok(Math.abs(forecasts()[0].cutoff - now) < 60_000, 'the second reading is of now')
  })

  describe('msg.reset', () => {
    const two = [...readings('a', 0, 8), ...readings('b', 0, 8)]
    const next = [...readings('a', 8, 9), ...readings('b', 8, 9)]

    it('with a topic clears that stream and is not sent on', async () => {
      await red.start(flow)
      await red.give('node', [...two, { topic: 'a', payload: 1, reset: true }, ...next])
      assert.deepEqual(
        red.sent.map(({ topic }) => topic),
        ['a', 'b', 'b'],
      )
      assert.ok(red.answers.every(({ error }) => error === undefined))
      assert.equal(red.answers.length, 19)
    })

    it('alone clears all, whatever its value', async () => {
      await red.start(flow)
      await red.give('node', [...two, { reset: false }, ...next])
      assert.deepEqual(
        red.sent.map(({ topic }) => topic),
        ['a', 'b'],
      )
    })
  })

  describe('bad input', () => {
    const deep = JSON.parse(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`)
    const bad: [name: string, payload: unknown, reason: RegExp][] = [
      ['text', 'on', /got "on"/],
      ['empty text', '', /empty/],
      ['blank text', ' \n', /empty/],
      ['NaN', Number.NaN, /finite, got NaN/],
      ['Infinity', Number.POSITIVE_INFINITY, /finite, got Infinity/],
      ['too large a number', '1e999', /finite, got "1e999"/],
      ['hexadecimal', '0x10', /got "0x10"/],
      ['null', null, /got null/],
      ['nothing', undefined, /got undefined/],
      ['true', true, /got true/],
      ['false', false, /got false/],
      ['array', [1], /got an array of 1/],
      ['empty array', [], /got an array of 0/],
      ['Date', new Date(0), /got a Date/],
      ['function', () => 1, /got a function/],
      ['empty object', {}, /no number/],
      ['several numbers', { a: 1, b: 2 }, /several numbers/],
      ['null value', { value: null }, /"value" must be a number, got null/],
      ['broken JSON', '{"value":1', /neither a number nor JSON/],
      ['JSON array', '[1]', /got "\[1\]"/],
      ['huge text', '1'.repeat(70_000), /larger than 65536/],
      ['huge buffer', Buffer.alloc(70_000, '1'), /larger than 65536/],
      ['huge object', { value: 1, pad: 'x'.repeat(70_000) }, /larger than 65536/],
      ['deep object', deep, /deeper than 32 levels/],
      ['deep JSON', `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`, /deeper than 32 levels/],
      ['__proto__ field', '{"__proto__":{"value":1}}', /"__proto__"/],
    ]

    it('reaches the Catch node with its reason, is counted, and changes nothing', async () => {
      const caught: Message[] = []
      const catcher = { id: 'catcher', type: 'catch', z: 'tab', x: 1, y: 2, wires: [['caught']] }
      await red.start([...flow, catcher, { ...out, id: 'caught' }])
      red.node('caught').on('input', (msg) => caught.push(msg))
      await red.give('node', readings('t', 0, 8))
      for (const [name, payload, reason] of bad) {
        const before = red.answers.length
        await red.give('node', [{ topic: 't', payload }])
        assert.equal(red.answers.length, before + 1, `${name}: one done`)
        assert.match(red.answers[before].error?.message ?? '', reason, name)
      }
      assert.equal(caught.length, bad.length)
      assert.match((caught[0].error as Error).message, /got "on"/)
      assert.equal(red.sent.length, 1, 'no forecast of a bad reading')

      await red.give('node', readings('t', 8, 9))
      assert.equal(forecasts()[1].counts.invalid, bad.length)
      assert.equal(forecasts()[1].counts.accepted, 9)

      await red.give('node', [...readings('clean', 0, 9)])
      const { counts, key, ...clean } = forecasts()[3]
      const { counts: _, key: __, ...met } = forecasts()[1]
      assert.deepEqual(met, clean)
    })

    it('of other properties is passed on or refused, and the runtime lives', async () => {
      await red.start([tab, model, { ...node, wires: [['out', 'out']] }, out])
      await red.give('node', readings('t', 0, 8))
      const [next, last] = readings('t', 8, 10)
      await red.give('node', [{ ...next, extra: deep }, last])
      assert.match(
        red.answers[8].error!.message,
        /call stack/,
        'the runtime cannot copy this one for two wires',
      )
      assert.equal(red.answers[9].error, undefined)
      assert.equal(forecasts().at(-1)!.counts.accepted, 10)
    })

    it('keeps topics named like inherited properties apart', async () => {
      await red.start(flow)
      const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
      for (const topic of names) await red.give('node', readings(topic, 0, 9))
      assert.deepEqual(
        forecasts().map(({ key, counts }) => [key, counts.accepted]),
        names.flatMap((topic) => [
          [topic, 8],
          [topic, 9],
        ]),
      )
      assert.equal(({} as { value?: unknown }).value, undefined)
    })

    it('refuses a topic that is no text', async () => {
      await red.start(flow)
      await red.give('node', [
        { topic: { a: 1 }, payload: 1 },
        { topic: ['t'], payload: 1, reset: true },
      ])
      assert.match(red.answers[0].error!.message, /^msg\.topic must be a text, got an object with "a"/)
      assert.match(red.answers[1].error!.message, /^msg\.topic must be a text, got an array of 1/)
    })

    it('answers duplicates and late readings without an error', async () => {
      await red.start(flow)
      const good = readings('t', 0, 10)
      await red.give('node', [...good, good[9], good[2]])
      assert.equal(red.answers.length, 12)
      assert.ok(red.answers.every(({ error }) => error === undefined))
      assert.equal(red.sent.length, 3)
      await red.give('node', readings('t', 10, 11))
      const { duplicate, late, accepted } = forecasts()[3].counts
      assert.deepEqual({ duplicate, late, accepted }, { duplicate: 1, late: 1, accepted: 11 })
    })
  })

  it('forgets the stream longest unused beyond maxStreams, and warns once', async () => {
    await red.start([tab, model, { ...node, maxStreams: '2' }, out])
    for (const topic of ['a', 'b', 'a', 'c', 'd']) await red.give('node', readings(topic, 0, 1))
    assert.deepEqual(red.warnings, ['node: too many streams, now and then one is forgotten: first "b"'])
  })

  describe('impossible settings', () => {
    const cases: [settings: object, reason: RegExp][] = [
      [{ warmUp: '1' }, /warmUp must be a whole number from 2 to 4096, got 1$/],
      [{ warmUp: 'many' }, /warmUp must be a number, got "many"$/],
      [{ coverage: '1' }, /coverage must lie between 0 and 1, got 1$/],
      [
        { coverage: environment('GRUFLOW_NOT_SET') },
        /coverage must be a number, got "\$\{GRUFLOW_NOT_SET\}"$/,
      ],
      [{ period: '-5' }, /period must be 1 ms to 1 year in milliseconds, got -5000$/],
      [{ period: '5', periodUnit: 'weeks' }, /period must be in ms, s, min or h, got "weeks"$/],
      [{ maxStreams: '0' }, /maxStreams must be a whole number from 1 to 100000, got 0$/],
      [{ model: 'gone' }, /the model "gone" is missing, disabled or has impossible settings$/],
    ]
    for (const [settings, reason] of cases) {
      it(`${JSON.stringify(settings)} turn the node red, and every message is told why`, async () => {
        await red.start([tab, model, { ...node, ...settings }, out])
        assert.equal(red.errors.length, 1)
        assert.match(red.errors[0], reason)
        assert.deepEqual(red.statuses, ['node: check the settings'])
        await red.give('node', readings('t', 0, 10))
        assert.equal(red.answers.length, 10)
        for (const { error } of red.answers) assert.match(error!.message, reason)
        assert.equal(red.sent.length, 0)
      })
    }

    it('of the model are said by both', async () => {
      await red.start([tab, { ...model, hiddenSize: '30' }, node, out])
      assert.equal(red.errors[0], 'model: hiddenSize must be a multiple of 4, got 30')
      assert.match(red.errors[1], /^node: the model "model" is missing, disabled or has impossible settings$/)
    })

    it('are not those of blank fields', async () => {
      const blank = {
        period: '',
        warmUp: '',
        coverage: '',
        maxStreams: '',
        property: '',
        keyProperty: '',
        path: '',
      }
      await red.start([tab, { ...model, season: '', horizon: '' }, { ...node, ...blank }, out])
      await red.give('node', readings('t', 0, 64))
      assert.equal(red.sent.length, 1)
      assert.equal(forecasts()[0].mean.length, 24)
    })
  })

  it('takes numbers from the environment', async () => {
    process.env.GRUFLOW_TEST_WARM_UP = '5'
    try {
      await red.start([tab, model, { ...node, warmUp: environment('GRUFLOW_TEST_WARM_UP') }, out])
    } finally {
      delete process.env.GRUFLOW_TEST_WARM_UP
    }
    await red.give('node', readings('t', 0, 5))
    assert.equal(red.sent.length, 1)
  })

  it('works in a subflow, with its numbers from there, and goes on after a restart', async () => {
    const inner = { ...node, z: 'sub', model: '', warmUp: environment('WARM'), wires: [[]] }
    const sub = {
      id: 'sub',
      type: 'subflow',
      name: 'sub',
      in: [{ x: 0, y: 0, wires: [{ id: 'node' }] }],
      out: [{ x: 9, y: 0, wires: [{ id: 'node', port: 0 }] }],
      env: [{ name: 'WARM', type: 'num', value: '5' }],
    }
    const instance = { id: 'instance', type: 'subflow:sub', z: 'tab', x: 1, y: 1, wires: [['out']] }
    const nested = [tab, sub, inner, instance, out]
    await red.start(nested)
    await red.give('instance', readings('t', 0, 6))
    assert.equal(red.sent.length, 2)
    await red.stop()
    await red.start(nested)
    await red.give('instance', readings('t', 6, 7))
    assert.equal(red.sent.length, 3)
    assert.equal(forecasts()[2].counts.accepted, 7)
  })

  it('shows warming, the next step with its interval, and bad readings, in 20 characters', async () => {
    await red.start(flow)
    await red.give('node', readings('t', 0, 1))
    assert.deepEqual(red.statuses, ['node: ', 'node: warming 1/8'])
    await red.stop()

    await red.start(flow)
    await red.give('node', readings('t', 1, 8))
    await red.stop()
    assert.equal(red.statuses.at(-1), 'node: warming 2/8')

    await red.start(flow)
    await red.give('node', readings('t', 8, 9))
    await red.stop()
    assert.match(red.statuses.at(-1)!, /^node: \d+(\.\d+)? ±\d+(\.\d+)?$/)

    await red.start(flow)
    await red.give('node', [{ topic: 't', payload: 'off' }])
    assert.equal(red.statuses.at(-1), 'node: invalid reading')
    assert.ok(red.statuses.every((text) => text.length <= 'node: '.length + 20))
  })

  it('answers what comes while it closes, and after', async () => {
    await red.start(flow)
    const closing = red.node('node')
    await red.give('node', readings('t', 0, 10))
    const closed = closing.close(false)
    closing.receive(readings('t', 10, 11)[0])
    await closed
    assert.equal(red.answers.length, 11)
    assert.equal(red.sent.length, 3)
    assert.equal(red.answers[10].error, undefined)
  })
})
