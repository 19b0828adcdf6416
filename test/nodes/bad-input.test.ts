import assert from 'node:assert/strict'
import type { Message } from '../../nodes/red.ts'
import type { Forecast } from '../../src/forecast/types.ts'
import { flow, model, node, out, readings, tab } from './flow.ts'
import { createRuntime, type Runtime } from './red.ts'

describe('gru-forecast, given bad input', () => {
  let red: Runtime
  const forecasts = (): Forecast[] => red.sent.map((msg) => msg.payload as Forecast)

  beforeEach(() => {
    red = createRuntime()
  })
  afterEach(() => red.dispose())

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
