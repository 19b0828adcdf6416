import assert from 'node:assert/strict'
import type { Message } from '../../nodes/red.ts'
import { initialise } from '../../src/engine/initialise.ts'
import { gruSpec } from '../../src/engine/spec.ts'
import { writeModel } from '../../src/formats/write.ts'
import { createRuntime, type Runtime } from './red.ts'
import { close, giveAll, install, shown, stepFlow, torch } from './stepFlow.ts'

describe('gru-step', () => {
  let red: Runtime
  const give = (messages: readonly Message[]): Promise<void> => giveAll(red, messages)
  const payloads = (): unknown[] => red.sent.map(({ payload }) => payload)
  const lastError = (): string | undefined => red.answers.at(-1)?.error?.message

  beforeEach(() => {
    red = createRuntime()
    install(red, torch.file)
  })
  afterEach(() => red.dispose())

  it("gives PyTorch's numbers for each topic by itself, and keeps the rest of the message", async () => {
    await red.start(stepFlow())
    await give(
      torch.x.flatMap((payload, i) => [
        { topic: 'a', payload, qos: 1, _msgid: `m${i}` },
        { topic: 'b', payload: torch.x[0] },
      ]),
    )
    const a = red.sent.filter(({ topic }) => topic === 'a')
    a.forEach(({ payload }, t) => {
      close(payload, torch.out[t])
    })
    const { payload, ...rest } = a[1]
    assert.deepEqual(rest, { topic: 'a', qos: 1, _msgid: 'm1' })
    assert.equal(red.sent.length, 2 * torch.x.length)
    assert.ok(red.answers.every(({ error }) => error === undefined))
  })

  it('takes a whole sequence in one message, and goes on from there', async () => {
    await red.start(stepFlow({ sends: 'both' }))
    await give([
      { topic: 'a', payload: torch.x.slice(0, 4) },
      { topic: 'a', payload: torch.x.slice(4) },
    ])
    const steps = payloads().flat()
    steps.forEach((payload, t) => {
      close(payload, torch.out[t])
    })
    assert.equal(steps.length, torch.out.length)
    close(red.sent[1].hidden, torch.hn)
  })

  it('takes objects by their features in the order chosen, from JSON too', async () => {
    await red.start(stepFlow({ features: ['env.t', 'p', 'h'] }))
    const object = ([t, p, h]: number[]): object => ({ h, env: { t: String(t), x: 'y' }, p, linkquality: 80 })
    await give([
      { topic: 'a', payload: object(torch.x[0]) },
      { topic: 'a', payload: JSON.stringify(object(torch.x[1])) },
      { topic: 'a', payload: Buffer.from(JSON.stringify(torch.x.slice(2, 4).map(object))) },
      { topic: 'a', payload: Float64Array.from(torch.x[4]) },
    ])
    assert.deepEqual(
      red.answers.map(({ error }) => error?.message),
      [undefined, undefined, undefined, undefined],
    )
    const [first, second, both, last] = payloads()
    close(first, torch.out[0])
    close(second, torch.out[1])
    close((both as number[][])[1], torch.out[3])
    close(last, torch.out[4])
  })

  it('forgets the stream of a topic, or all', async () => {
    await red.start(stepFlow())
    const [payload] = torch.x
    const step = (topic: string): Message => ({ topic, payload })
    await give([
      step('a'),
      step('b'),
      { topic: 'a', reset: true },
      step('a'),
      step('b'),
      { reset: 1 },
      step('b'),
    ])
    const [a1, b1, a2, b2, b3] = payloads()
    assert.deepEqual([a1, a2, b3], [b1, b1, b1])
    assert.notDeepEqual(b2, b1)
  })

  it('finds input and stream where the settings say', async () => {
    await red.start(stepFlow({ property: 'data.in', keyProperty: 'device.id' }))
    const message = (id: number, n: number): Message => ({ device: { id }, data: { in: torch.x[n] } })
    await give([message(1, 0), message(2, 0), message(1, 1)])
    const [first, other, second] = payloads()
    assert.deepEqual(other, first)
    close(second, torch.out[1])
  })

  it('refuses inputs that cannot be used, and changes nothing', async () => {
    await red.start(stepFlow({ features: ['a', 'b', 'c'] }))
    const bad: [payload: unknown, reason: RegExp][] = [
      [undefined, /got undefined/],
      [null, /got null/],
      [true, /got true/],
      ['on', /got "on"/],
      ['{"a":1', /neither a number nor JSON/],
      ['', /^msg\.payload must be an array or an object of 3 numbers, got ""$/],
      ['1,2,3', /^msg\.payload must be an array or an object of 3 numbers, got "1,2,3"$/],
      [7, /input must hold 3 numbers, got 1/],
      [[], /input must hold 3 numbers, got 0/],
      [[1, 2], /input must hold 3 numbers, got 2/],
      [[1, 2, '3'], /got "3" at index 2/],
      [[1, 2, Number.NaN], /got NaN at index 2/],
      [[[1, 2, 3], [1]], /input\[1\] must hold 3 numbers, got 1/],
      [[[1, 2, 3], 'x'], /^msg\.payload\[1\] must be an array or an object of 3 numbers, got "x"$/],
      [{ a: 1, b: 2 }, /path "c" leads to nothing/],
      [{ a: 1, b: 2, c: null }, /"c" must be a number, got null/],
      [{ a: 1, b: 2, c: '1e999' }, /"c" must be finite/],
      [JSON.parse('{"__proto__":{"a":1},"a":1,"b":2,"c":3}'), /"__proto__"/],
      [Array.from({ length: 10_001 }, () => [1, 2, 3]), /at most 10000 steps, got 10001/],
      ['9'.repeat(2_000_000), /larger than 1048576/],
      [Buffer.alloc(2_000_000, '[1'), /larger than 1048576/],
      ['['.repeat(900_000), /neither a number nor JSON/],
    ]
    await give([{ topic: 't', payload: torch.x[0] }])
    for (const [payload, reason] of bad) {
      await give([{ topic: 't', payload }])
      assert.match(lastError() ?? '', reason)
    }
    await give([{ topic: { a: 1 }, payload: torch.x[0] }])
    assert.match(lastError()!, /^msg\.topic must be a text, got an object with "a"/)
    assert.equal(red.sent.length, 1)
    await give([{ topic: 't', payload: torch.x[1] }])
    close(red.sent[1].payload, torch.out[1])
  })

  it('names the property where it is set to look, and a model of one input takes a number', async () => {
    const spec = gruSpec({ inputSize: 1, hiddenSize: 1 })
    const { bytes: model } = writeModel(initialise(spec, { seed: 1 }), { format: 'safetensors' })
    await red.start(stepFlow({ file: '', property: 'data.in' }))
    const message = (value: unknown): Message => ({ data: { in: value } })
    await give([{ model }, message('7'), message({ value: '7' })])
    assert.equal(red.sent.length, 2)
    for (const [value, reason] of [
      ['1,2', 'msg.data.in must be a number, got "1,2"'],
      [{ a: 1, b: 2 }, 'msg.data.in holds several numbers, name one by path: "a", "b"'],
      ['[', 'msg.data.in is neither a number nor JSON: "["'],
      [undefined, 'msg.data.in must be a number, got undefined'],
    ] as const) {
      await give([message(value)])
      assert.equal(lastError(), reason)
    }
  })

  it('says which features are missing where an object comes and none are named', async () => {
    await red.start(stepFlow())
    await give([{ payload: { a: 1, b: 2, c: 3 } }])
    assert.match(lastError()!, /the features to take of an object are not named, got an object with "a", "b"/)
  })

  it('begins streams anew beyond maxStreams, and warns once', async () => {
    await red.start(stepFlow({ maxStreams: '2' }))
    for (const topic of ['a', 'b', 'a', 'c', 'd']) await give([{ topic, payload: torch.x[0] }])
    assert.deepEqual(red.warnings, ['step: too many streams, now and then one begins anew: first "b"'])
  })

  it('shows the model, then its steps, in 20 characters', async () => {
    await red.start(stepFlow())
    await shown(red, /^step: 2×5 · (cpu:)?wasm/)
    await give([{ payload: torch.x }, { payload: torch.x[0] }])
    await shown(red, /^step: 2×5 · 7 steps$/)
    await give([{ payload: 'on' }])
    await shown(red, /^step: invalid input$/)
    await give([{ model: Buffer.from('no model') }])
    await shown(red, /^step: model refused$/)
    assert.deepEqual(red.statuses.slice(0, 2), ['step: ', 'step: loading model'])
    assert.ok(red.statuses.every((text) => text.length <= 'step: '.length + 20))
  })

  it('answers what comes while it closes', async () => {
    await red.start(stepFlow())
    const node = red.node('step')
    for (const payload of torch.x) node.receive({ topic: 'a', payload })
    const closed = node.close(false)
    node.receive({ topic: 'a', payload: torch.x[0] })
    await closed
    assert.equal(red.answers.length, torch.x.length + 1)
    assert.ok(red.answers.every(({ error }) => error === undefined))
  })

  const impossible: [settings: object, reason: RegExp][] = [
    [{ sends: 'all' }, /sends must be one of output, hidden, both, got "all"/],
    [{ preset: 'lstm' }, /preset must be one of .* got "lstm"/],
    [{ maxStreams: '0' }, /maxStreams must be a whole number from 1 to 100000, got 0/],
    [{ device: 'tpu' }, /device must be one of wasm, gpu, auto, got "tpu"/],
    [{ property: 'a[' }, /property must name a property/],
    [{ keyProperty: 'a b' }, /keyProperty must name a property/],
    [{ features: 'a,b' }, /features must be a list of names, got "a,b"/],
    [{ features: ['a', 'b..c', 'd'] }, /features: path must be names .* got "b\.\.c"$/],
    [{ features: ['a', 'b'] }, /features must name 3 fields, got 2$/],
    [{ head: 'fc', noHead: true }, /head "fc" and noHead contradict each other/],
  ]
  for (const [settings, reason] of impossible) {
    it(`${JSON.stringify(settings)} turns it red, and every message is told why`, async () => {
      await red.start(stepFlow(settings))
      await give([{ payload: torch.x[0] }])
      assert.match(lastError() ?? '', reason)
      assert.match(red.errors[0], reason)
      await shown(red, /^step: check the settings$/)
    })
  }
})
