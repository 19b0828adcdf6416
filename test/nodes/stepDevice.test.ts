import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import type { Message } from '../../nodes/red.ts'
import { openStepModel } from '../../nodes/stepModel.ts'
import { readModel } from '../../src/formats/read.ts'
import { lackingSoftwareGpu as lacking, softwareGpu } from '../engine/gpu/software.ts'
import { asked } from './asked.ts'
import { createRuntime, type Runtime } from './red.ts'
import { broken, close, giveAll, install, shown, stepFlow, torch, until, weightsFile } from './stepFlow.ts'

const TOPICS = ['a', 'b', 'c', 'd', 'e']
const WITHIN = 1e-4

describe(`gru-step on a GPU in software${lacking ? ` (skipped: ${lacking})` : ''}`, () => {
  softwareGpu()
  let red: Runtime
  before(function () {
    if (lacking) this.skip()
  })
  beforeEach(() => {
    red = createRuntime()
    install(red, torch.file)
  })
  afterEach(() => red.dispose())

  /** One message for each step of each topic. */
  const messages = (): Message[] =>
    torch.x.flatMap((payload, t) => TOPICS.map((topic) => ({ topic, payload, t })))

  function checkSent(wanted: readonly Message[]): void {
    const sent = red.sent.slice(0, wanted.length)
    assert.deepEqual(
      sent.map(({ topic, t }) => [topic, t]),
      wanted.map(({ topic, t }) => [topic, t]),
    )
    for (const { payload, t } of sent) close(payload, torch.out[t as number], WITHIN)
  }

  it('answers every message in order, with the numbers of WASM', async () => {
    await red.start(stepFlow({ device: 'gpu' }))
    await shown(red, /^step: 2×5 · swiftshader$/)
    await giveAll(red, [
      ...messages(),
      { topic: 'x', payload: 'on' },
      { topic: 'f', payload: torch.x.slice(0, 3) },
      { topic: 'f', payload: torch.x.slice(3) },
      { topic: 'a', reset: true },
      { topic: 'a', payload: torch.x[0], t: 0 },
    ])
    const failed = red.answers.filter(({ error }) => error)
    assert.deepEqual(
      failed.map(({ msg }) => msg.topic),
      ['x'],
    )
    const [last, ...sequences] = red.sent.slice(-3).reverse() as [Message, Message, Message]
    close(last.payload, torch.out[0], WITHIN)
    const steps = sequences.reverse().flatMap(({ payload }) => payload as number[][])
    steps.forEach((step, t) => {
      close(step, torch.out[t], WITHIN)
    })
    assert.equal(red.sent.length, messages().length + 3)
    assert.ok(red.logs.some((line) => /^step: the model runs on gpu:swiftshader: asked for$/.test(line)))
  })

  it('goes on in WASM when the process that owns the GPU is killed, and answers every message once', async () => {
    await red.start(stepFlow({ device: 'gpu' }))
    await shown(red, /swiftshader$/)
    const before = red.statuses.length
    const wanted = messages()
    const node = red.node('step')
    for (const [i, msg] of wanted.entries()) {
      node.receive(msg)
      if (i === Math.floor(wanted.length / 2)) for (const pid of ownGpus()) process.kill(pid, 'SIGKILL')
      if (i % 3 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await until('all answers', () => red.answers.length >= wanted.length)
    assert.deepEqual(
      red.answers.flatMap(({ error }) => error ?? []),
      [],
    )
    checkSent(wanted)
    await shown(red, /^step: 2×5 · (cpu:)?wasm/, before)
    assert.equal(red.warnings.length, 1)
    assert.match(
      red.warnings[0],
      /^step: the model runs on cpu:wasm\S*: gpu:swiftshader was lost: the GPU process was ended by SIGKILL/,
    )
    assert.equal(red.answers.length, wanted.length)
  })

  it('answers what waits when another model comes, when it is deployed anew and when it closes', async () => {
    await red.start(stepFlow({ device: 'gpu' }))
    await shown(red, /swiftshader$/)
    const node = red.node('step')
    const wanted = messages()
    const bidirectional: Message[] = [
      { model: weightsFile('torch_bidir2.safetensors') },
      { payload: torch.x },
      { payload: torch.x },
    ]
    for (const msg of [...wanted, ...bidirectional]) node.receive(msg)
    await red.deploy(stepFlow({ device: 'wasm' }))
    assert.equal(red.answers.length, wanted.length + 3)
    assert.ok(red.answers.every(({ error }) => error === undefined))
    const [first, second] = red.sent.slice(wanted.length)
    checkSent(wanted)
    assert.deepEqual(first.payload, second.payload)
  })

  it('tells the editor what runs the model that came last, with its load', async () => {
    await red.start(stepFlow({ device: 'gpu' }))
    await shown(red, /swiftshader$/)
    // The one before has still much to do when the new one is on the GPU.
    const long = { topic: 'long', payload: new Array(2000).fill(torch.x[0]) }
    await giveAll(red, [long, { model: torch.bytes }, { topic: 'a', payload: torch.x[0] }])
    let told = await asked(red, '/gru-step/step/device')
    // Until the GPU has it, nothing is known of the new one.
    while (told.status === 404) told = await asked(red, '/gru-step/step/device')
    await giveAll(red, [{ topic: 'a', payload: torch.x[0] }])
    await until('its status', () => red.statuses.at(-1) === 'step: 2×5 · swiftshader')
    const lines = red.logs.filter((line) => /on gpu:swiftshader/.test(line))
    assert.equal(lines.length, 1, 'another model on the same GPU is no news')
    told = await asked(red, '/gru-step/step/device')
    const { batch, microseconds, ...ran } = told.body
    assert.deepEqual(ran, { device: 'gpu:swiftshader', reason: 'asked for' })
    assert.ok((batch as number) >= 1 && (microseconds as number) > 0)
  })

  it('is what runs a model as soon as the model hears of it, whenever somebody asks', async () => {
    const heard: string[] = []
    const model = openStepModel(await readModel(torch.bytes), {
      readKey: () => ({ key: '' }),
      getInput: ({ payload }) => payload,
      subject: 'msg.payload',
      features: [],
      hidden: false,
      device: 'gpu',
      onEvict: () => {},
      onDevice: (_spec, { device }) => heard.push(device),
      answer: () => {},
      onFault: () => {},
    })
    assert.deepEqual([model.running], [undefined])
    await until('the GPU', () => heard.length > 0)
    assert.deepEqual([model.running?.device, ...heard], ['gpu:swiftshader', 'gpu:swiftshader'])
    await model.close()
  })

  it('answers what is under way when a fault ends it, and all that follow', async () => {
    await red.start(stepFlow({ device: 'gpu' }))
    await shown(red, /swiftshader$/)
    await giveAll(red, [{ payload: torch.x[0] }, broken(), { payload: torch.x[0] }])
    await giveAll(red, [{ payload: torch.x[0] }, { model: torch.bytes }, { payload: torch.x[0] }])
    assert.deepEqual(
      red.answers.map(({ error }) => error?.message),
      [undefined, 'out of order', 'out of order', 'out of order', undefined, undefined],
    )
  })

  it('leaves the GPU to others when it is deployed anew without it, and its process ends', async () => {
    await red.start(stepFlow({ device: 'gpu' }))
    await shown(red, /swiftshader$/)
    assert.ok(ownGpus().length > 0)
    await red.deploy(stepFlow({ device: 'wasm' }))
    // It is kept for 10 s, in case that somebody wants it.
    await until('its end', () => ownGpus().length === 0, 30_000)
    await giveAll(red, [{ topic: 'a', payload: torch.x[0] }])
    close(red.sent.at(-1)!.payload, torch.out[0])
  })

  it('by itself stays in WASM, for a GPU in software is slower, and says so', async () => {
    await red.start(stepFlow({ device: '' }))
    await until('the reason', () => red.logs.some((line) => /slower|computes on the CPU/.test(line)))
    const before = red.statuses.length
    await giveAll(red, messages())
    checkSent(messages())
    await shown(red, /^step: 2×5 · (cpu:)?wasm/, before)
    assert.match(red.logs.at(-1)!, /^step: the model runs on cpu:wasm\S*: \S.*(slower|computes on the CPU)/)
  })
})

/** The children of this process that own a GPU; those of earlier tests stay a while. */
function ownGpus(): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        const [, parent] = /^.*\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        return Number(parent) === process.pid && /gpu.child.main/.test(command)
      } catch {
        // Not a process, or none any more.
        return false
      }
    })
}
