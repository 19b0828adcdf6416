import assert from 'node:assert/strict'
import { runInNewContext } from 'node:vm'
import type { Message } from '../../nodes/red.ts'
import type { Scores } from '../../src/forecast/score.ts'
import type { Forecast } from '../../src/forecast/types.ts'
import { environment, everyMinute, flow, model, node, out, readings, tab } from './flow.ts'
import { createRuntime, type Runtime } from './red.ts'

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

  it('takes properties of properties, and a time for which the payload has none', async () => {
    const settings = { keyProperty: 'names[msg.at]', timeProperty: "data['read at']", ...everyMinute }
    await red.start([tab, model, { ...node, ...settings, warmUp: '2' }, out])
    const message = (i: number): Message => ({
      at: 'b',
      names: { b: 'hall' },
      payload: { value: i, time: 'morning' },
      // A function node's Date is of another realm.
      data: { 'read at': runInNewContext(`new Date(${1.7e12 + i * 60_000})`) },
    })
    await red.give('node', [message(0), message(1), { ...message(2), names: {} }])
    assert.deepEqual(
      forecasts().map(({ key, cutoff }) => [key, cutoff]),
      [['hall', 1.7e12 + 60_000]],
    )
    assert.deepEqual(
      red.answers.map(({ error }) => error),
      [undefined, undefined, undefined],
    )
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

  describe('its outputs', () => {
    /** Noise with a step in it that nobody could expect. */
    const stepped = readings('t', 0, 320).map((msg, i) => {
      const timestamp = 1.7e12 + i * 60_000
      return { ...msg, qos: 1, payload: { value: Math.sin(i * i) + (i < 260 ? 0 : 20), timestamp } }
    })
    const start = (wires: string[][], settings = {}): Promise<void> =>
      red.start([tab, model, { ...node, ...everyMinute, ...settings, wires }, out])

    it('are forecasts alone where it was saved with one of them', async () => {
      await start([['out']])
      await red.give('node', stepped)
      assert.equal(red.sent.length, 313)
      assert.ok(forecasts().every(({ mean }) => mean.length === 6))
      assert.ok(red.answers.every(({ error }) => error === undefined))
    })

    it('tell when an alarm begins, and show it', async () => {
      await start([[], ['out'], []])
      await red.give('node', stepped)
      assert.equal(red.sent.length, 1)
      const { topic, qos, payload } = red.sent[0]
      const { key, time, value, expected, lower, upper, likelihood } = payload as Record<string, number>
      assert.deepEqual([topic, qos, key], ['t', 1, 't'])
      const at = (time - 1.7e12) / 60_000
      assert.ok(at >= 260 && at < 270, `alarm at ${at}`)
      assert.equal(value, stepped[at].payload.value)
      assert.ok(lower <= expected && expected <= upper && likelihood > 0.9 && likelihood <= 1)
      await red.stop()
      assert.ok(red.statuses.every((text) => text.length <= 'node: '.length + 20))
    })

    it('tell how good forecasts were, as often as is set', async () => {
      await start([[], [], ['out']], { metricsEvery: '100' })
      await red.give('node', stepped)
      const scores = red.sent.map(({ payload }) => payload as Scores)
      assert.deepEqual(
        scores.map(({ readings: { forecast, warming }, matured }) => [forecast, warming, matured]),
        [
          [100, 7, 99],
          [200, 7, 199],
          [300, 7, 299],
        ],
      )
      for (const { key, mae, skill, measuredCoverage } of scores) {
        assert.equal(key, 't')
        assert.ok(mae! > 0 && Number.isFinite(skill) && measuredCoverage! > 0 && measuredCoverage! <= 1)
      }
    })

    it('tell nothing of it where that is switched off', async () => {
      await start([[], [], ['out']], { metricsEvery: '0' })
      await red.give('node', stepped)
      assert.deepEqual(red.sent, [])
    })

    it('have an interval for each coverage', async () => {
      await start([['out']], { coverage: '0.9, 0.5' })
      await red.give('node', stepped)
      const { coverage, intervals, lower, upper } = forecasts()[300]
      assert.deepEqual([coverage, intervals.map((one) => one.coverage)], [0.9, [0.9, 0.5]])
      assert.deepEqual([lower, upper], [intervals[0].lower, intervals[0].upper])
      for (const h of lower.keys()) {
        const [wide, narrow] = intervals.map((one) => one.upper[h] - one.lower[h])
        assert.ok(narrow < wide, `step ${h + 1}: ${narrow} and ${wide}`)
      }
    })
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

  it('forgets the stream longest unused beyond maxStreams, and warns once', async () => {
    await red.start([tab, model, { ...node, maxStreams: '2' }, out])
    for (const topic of ['a', 'b', 'a', 'c', 'd']) await red.give('node', readings(topic, 0, 1))
    assert.deepEqual(red.warnings, ['node: too many streams, now and then one is forgotten: first "b"'])
  })

  it('takes numbers from the environment', async () => {
    process.env.GRUFLOW_TEST_WARM_UP = '5'
    try {
      const warmUp = environment('GRUFLOW_TEST_WARM_UP')
      await red.start([tab, model, { ...node, ...everyMinute, warmUp }, out])
    } finally {
      delete process.env.GRUFLOW_TEST_WARM_UP
    }
    await red.give('node', readings('t', 0, 5))
    assert.equal(red.sent.length, 1)
  })

  it('works in a subflow, with its numbers from there, and goes on after a restart', async () => {
    const warmUp = environment('WARM')
    const inner = { ...node, ...everyMinute, z: 'sub', model: '', warmUp, wires: [[]] }
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
