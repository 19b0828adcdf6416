import assert from 'node:assert/strict'
import { once } from 'node:events'
import { initialise } from '../../../src/engine/initialise.ts'
import { gruSpec } from '../../../src/engine/spec.ts'
import { createStepper } from '../../../src/engine/stepper.ts'
import { distance, inputs } from '../arbitrary.ts'
import { type RawChild, startChild } from './raw-child.ts'
import { lackingSoftwareGpu as reason, softwareGpu } from './software.ts'

const model = initialise(gruSpec({ inputSize: 2, hiddenSize: 4, layers: 2, outputSize: 1 }))
const step = { stages: [{ kind: 'step', first: 0, rows: 1 }], inputs: [1, -1], from: [0], to: [0] } as const

describe(`child process${reason ? ` (skipped: ${reason})` : ''}`, () => {
  softwareGpu()
  let child: RawChild | undefined
  const start = (...options: Parameters<typeof startChild>): RawChild => {
    child = startChild(...options)
    return child
  }
  const worker = (name: string): RawChild =>
    start(undefined, new URL(`./workers/${name}.js`, import.meta.url))
  before(function () {
    if (reason) this.skip()
  })
  afterEach(async () => {
    await child?.end()
    child = undefined
  })

  it('says what its adapter is', async () => {
    const { adapter } = await start().ask('hello', {})
    assert.equal(adapter.architecture, 'swiftshader')
    assert.equal(adapter.software, true)
    assert.match(adapter.webgpu, /^\d+\.\d+\.\d+/)
  })

  it('refuses an adapter in software unless the environment variable allows it', async () => {
    const { GRUFLOW_SOFTWARE_GPU, ...env } = process.env
    const reply = await start(env).send({ type: 'hello' })
    assert.equal(reply.type, 'failed')
    assert.match(reply.message, /^no GPU was found: google swiftshader .* computes on the CPU$/)
  })

  it('says that there is no adapter', async () => {
    const reply = await start({ ...process.env, VK_DRIVER_FILES: '/nowhere' }).send({ type: 'hello' })
    assert.equal(reply.type, 'failed')
    assert.match(reply.message, /^no GPU was found/)
  })

  it('answers requests that cannot be carried out, and lives on with its states as they were', async () => {
    const running = start()
    await running.open(1, model, 3)
    const expected = createStepper(model, { lanes: 1 })
    const first = await running.run(1, step)
    assert.ok(distance(first.outputs, expected.step([0], Float32Array.of(1, -1))) < 1e-5)
    const refused: [message: object, RegExp][] = [
      [{ type: 'dance' }, /^there is no such request$/],
      [{ type: 'run', pool: 9 }, /^there is no pool 9$/],
      [{ type: 'run', pool: 1 }, /\w/],
      [{ type: 'open', pool: 1 }, /^pool 1 is open$/],
      [{ type: 'open', pool: 2, spec: { inputSize: 1, hiddenSize: 0 } }, /hiddenSize .* got 0$/],
      [
        { type: 'open', pool: 2, spec: model.spec, lanes: 1, weights: { at: 0, length: 3 } },
        /^weights must hold/,
      ],
      [{ type: 'grow', pool: 1, lanes: 2 }, /^lanes must be a whole number from 3/],
      [{ type: 'close', pool: 2 }, /^there is no pool 2$/],
    ]
    for (const [message, expected] of refused) {
      const reply = await running.send(message)
      assert.equal(reply.type, 'failed')
      assert.match(reply.message, expected)
    }
    const batches = [
      { ...step, from: [3] },
      { ...step, to: [-2] },
      { ...step, inputs: [1] },
      { ...step, stages: [{ kind: 'step' as const, first: 0, rows: 2 }] },
      { stages: [{ kind: 'read' as const, lanes: [0.5] }] },
      { stages: [{ kind: 'write' as const, lanes: [0], states: [1] }] },
      { stages: [{ kind: 'copy' as const, from: 0, to: 3 }] },
    ]
    for (const batch of batches) await assert.rejects(running.run(1, batch), /must (be|hold)/)
    const second = await running.run(1, step)
    assert.ok(distance(second.outputs, expected.step([0], Float32Array.of(1, -1))) < 1e-5)
  })

  it('says how much is too much', async () => {
    const running = start()
    const wide = initialise(gruSpec({ inputSize: 1, hiddenSize: 128 }))
    await assert.rejects(
      running.open(1, wide, 2 ** 24),
      /^Error: states of 16777216 lanes need 8192 MiB, the GPU takes \d+ MiB at once$/,
    )
    await running.open(1, wide, 1)
    await assert.rejects(running.ask('grow', { pool: 1, lanes: 2 ** 24 }), /^Error: states of 16777216 lanes/)
    await running.run(1, { ...step, inputs: [1] })
  })

  it('steps more rows than one dimension of a device holds', async () => {
    const rows = 2 ** 19 + 9
    const small = initialise(gruSpec({ inputSize: 1, hiddenSize: 1, outputSize: 1 }))
    const running = start()
    await running.open(1, small, rows)
    const lanes = Float32Array.from({ length: rows }, (_, lane) => lane)
    const x = inputs(rows, 5)
    const stages = [0, 1].map(() => ({ kind: 'step' as const, first: 0, rows }))
    const { outputs } = await running.run(1, { stages, inputs: x, from: lanes, to: lanes })
    const expected = createStepper(small, { lanes: rows })
    expected.step(lanes, x)
    assert.ok(distance(outputs, expected.step(lanes, x)) < 1e-5)
  })

  it('keeps no buffers of pools and sequences that are over', async () => {
    const running = worker('counting')
    const { spec } = initialise(gruSpec({ inputSize: 1, hiddenSize: 2, cell: 'reset-before' }))
    const round = async (): Promise<void> => {
      for (const pool of [1, 2]) await running.open(pool, model, pool)
      for (const rows of [1, 7, 40]) {
        await running.ask('grow', { pool: 1, lanes: rows })
        const lanes = Array.from({ length: rows }, (_, lane) => lane)
        const stages = [
          { kind: 'step' as const, first: 0, rows },
          { kind: 'read' as const, lanes },
        ]
        await running.run(1, { stages, inputs: inputs(2 * rows, rows), from: lanes, to: lanes })
        await running.run(2, step)
      }
      for (const pool of [1, 2]) await running.ask('close', { pool })
      // Each of a shape of its own: kept pipelines are limited in number.
      for (const batch of [1, 2, 3, 4, 5, 6]) {
        const request = { spec, batch, time: 33 }
        const weights = running.put(initialise(spec).weights)
        const x = running.put(inputs(33 * batch, 1))
        const h0 = running.put(new Float32Array(2 * batch))
        await running.ask('sequence', { ...request, weights, x, h0, reply: running.free })
      }
    }
    const count = async (): Promise<unknown> => {
      await running.ask('hello', {})
      return running.said.at(-1)
    }
    await running.ask('hello', {})
    await round()
    const after = await count()
    await round()
    await round()
    assert.deepEqual(await count(), after)
  })

  it('says that its device is lost, and ends', async () => {
    const running = worker('losing')
    await running.open(1, model, 1)
    await running.run(1, step)
    const exit = once(running.process, 'exit')
    await running.ask('close', { pool: 1 }).catch(() => {})
    assert.deepEqual(await exit, [0, null])
    assert.ok(running.said.some((reply) => (reply as { type: string }).type === 'lost'))
  })

  it('outlives the signals of a terminal, and ends with its host', async () => {
    const running = start()
    await running.open(1, model, 1)
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) running.process.kill(signal)
    const answer = running.run(1, step)
    assert.equal((await answer).outputs.length, 1)
    assert.equal(await running.end(), 0)
    assert.equal(running.process.signalCode, null)
  })

  it('ends with its host before it ever opened a device', async () => {
    const running = start()
    await once(running.process, 'spawn')
    assert.equal(await running.end(), 0)
  })

  it('measures WASM for every size that is asked for', async () => {
    const running = start()
    const weights = running.put(model.weights)
    const { milliseconds } = await running.ask('time-wasm', { spec: model.spec, weights, rows: [1, 16, 256] })
    assert.equal(milliseconds.length, 3)
    assert.ok(milliseconds.every((ms) => ms > 0))
  })
})
