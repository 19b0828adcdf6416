import assert from 'node:assert/strict'
import fc from 'fast-check'
import { acquireGpu, createGpuSource, type Gpu } from '../../../src/engine/gpu/process.ts'
import { FUSED_STEPS } from '../../../src/engine/gpu/protocol.ts'
import { createDeviceSequence, deviceSequence } from '../../../src/engine/gpu/sequence.ts'
import { cut } from '../../../src/engine/gpu/sequence-parts.ts'
import { initialise } from '../../../src/engine/initialise.ts'
import { reference } from '../../../src/engine/reference.ts'
import { sequence } from '../../../src/engine/sequence.ts'
import { sequenceWork } from '../../../src/engine/sequence-work.ts'
import { gruSpec, stateSize } from '../../../src/engine/spec.ts'
import { wasm } from '../../../src/engine/wasm/wasm.ts'
import { distance, inputs, models } from '../arbitrary.ts'
import { softwareGpu } from './software.ts'

const TOLERANCE = 1e-5

describe('sequences in WASM, in turns', () => {
  it('are those of the synchronous run, bit by bit', async () => {
    const lengths = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 9 })
    const any = models('forward', 'reverse', 'bidirectional')
    await fc.assert(
      fc.asyncProperty(any, lengths, fc.boolean(), async (model, lengths, started) => {
        const batch = lengths.length
        const h0 = started ? inputs(batch * stateSize(model.spec), 1, 0.5) : undefined
        const options = { batch, time: 5, lengths, h0 }
        const x = inputs(batch * 5 * model.spec.inputSize, 2)
        const { device, reason, ...slow } = await deviceSequence(model, x, { ...options, device: 'wasm' })
        assert.deepEqual(slow, sequence(model, x, options))
        assert.equal(device, wasm.device)
        assert.equal(reason, 'asked for')
      }),
      { numRuns: 40 },
    )
  })

  it('let the event loop turn, projecting too', async () => {
    const model = initialise(gruSpec({ inputSize: 8, hiddenSize: 64, outputSize: 256 }), { seed: 1 })
    const [batch, time] = [64, 500]
    const x = inputs(batch * time * 8, 1)
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    const { y, out } = await deviceSequence(model, x, { batch, time, device: 'wasm' })
    clearInterval(timer)
    assert.ok(turns >= 5, `${turns} turns`)
    const at = sequence(model, x, { batch, time })
    assert.deepEqual(y, at.y)
    assert.deepEqual(out, at.out)
  })

  it('end when the signal says so', async () => {
    const model = initialise(gruSpec({ inputSize: 8, hiddenSize: 64 }), { seed: 1 })
    const run = (signal: AbortSignal) =>
      deviceSequence(model, inputs(64 * 500 * 8, 1), { batch: 64, time: 500, device: 'wasm', signal })
    await assert.rejects(run(AbortSignal.abort(new Error('before'))), /before/)
    const controller = new AbortController()
    setTimeout(() => controller.abort(new Error('on the way')), 1)
    await assert.rejects(run(controller.signal), /on the way/)
  })

  it('are what auto does with little work, with the reason', async () => {
    const model = initialise(gruSpec({ inputSize: 2, hiddenSize: 4 }), { seed: 1 })
    const { device, reason } = await deviceSequence(model, inputs(24, 1), { batch: 3, time: 4 })
    assert.equal(device, wasm.device)
    assert.equal(reason, '3 steps at a time are too few for a GPU')
  })

  it('are what auto does where no GPU can be had, with the reason', async () => {
    const nothing = createDeviceSequence(() => Promise.reject(new Error('no GPU was found')))
    const model = initialise(gruSpec({ inputSize: 2, hiddenSize: 8 }), { seed: 1 })
    const x = inputs(2 * 4 * 2, 1)
    for (const device of ['gpu', 'auto'] as const) {
      const got = await nothing(model, x, { batch: 2, time: 4, device })
      assert.equal(got.device, wasm.device)
      assert.match(got.reason, device === 'gpu' ? /^no GPU was found$/ : /too few/)
    }
  })

  it('refuse what does not fit, with the value', async () => {
    const model = initialise(gruSpec({ inputSize: 2, hiddenSize: 3 }), { seed: 1 })
    const run = (options: object, x = inputs(12, 1)) =>
      deviceSequence(model, x, { batch: 2, time: 3, ...options })
    await assert.rejects(run({ batch: 3 }), /RangeError: x must hold 18 values, got 12/)
    await assert.rejects(run({ lengths: [3, 4] }), /RangeError: lengths .* got 4/)
    await assert.rejects(run({}, new Float32Array(12).fill(Number.NaN)), /RangeError: x must be finite/)
    await assert.rejects(run({ device: 'cpu' as 'gpu' }), /RangeError: device .* got "cpu"/)
  })
})

describe('parts of a sequence', () => {
  it('hold every step of every row once, in order, and are no larger than a request may be', () => {
    const lengths = fc.array(fc.integer({ min: 0, max: 2000 }), { maxLength: 40 })
    const hidden = fc.constantFrom(1, 64, 900, 3000)
    const any = initialise(gruSpec({ inputSize: 1, hiddenSize: 1 }))
    fc.assert(
      fc.property(lengths, hidden, (lengths, hiddenSize) => {
        const time = Math.max(0, ...lengths)
        const batch = lengths.length
        const work = sequenceWork(any, new Float32Array(batch * time), { batch, time, lengths })
        const reached = new Uint32Array(batch)
        let [computed, valid] = [0, 0]
        for (const { first, end, from, to } of cut(work, gruSpec({ inputSize: 1, hiddenSize }))) {
          const steps = (end - first) * (to - from)
          assert.ok(steps === 1 || steps * 6 * hiddenSize * (1 + hiddenSize) <= 5e8)
          assert.ok(steps === 1 || steps * (1 + hiddenSize) <= 2 ** 21)
          computed += steps
          for (const row of work.rows.subarray(first, end)) {
            assert.equal(reached[row], from)
            assert.ok(lengths[row] > from)
            reached[row] = Math.min(to, lengths[row])
          }
        }
        for (const [row, length] of lengths.entries()) {
          assert.equal(reached[row], length)
          valid += length
        }
        assert.ok(computed <= 2 * valid, `${computed} steps for ${valid}`)
      }),
      { numRuns: 200 },
    )
  })
})

describe('parts of a history of many streams', () => {
  for (const [batch, inputSize, hiddenSize] of [
    [1024, 8, 64],
    [4096, 8, 64],
    [300, 32, 256],
  ]) {
    it(`have full chunks of rows of one shape: ${batch} of ${inputSize}/${hiddenSize}`, () => {
      const time = 1000
      const any = initialise(gruSpec({ inputSize: 1, hiddenSize: 1 }))
      const work = sequenceWork(any, new Float32Array(batch * time), { batch, time })
      const parts = [...cut(work, gruSpec({ inputSize, hiddenSize }))]
      const shapes = new Set(parts.map(({ first, end }) => end - first))
      // The last group may lack a row or more.
      assert.ok(shapes.size <= 2, `shapes ${[...shapes]}`)
      const groups = parts.filter(({ to }) => to === time).length
      assert.ok(parts.length <= groups * Math.ceil(time / FUSED_STEPS))
      for (const { from, to } of parts) assert.ok(to === time || (to - from) % FUSED_STEPS === 0)
      // No more requests than their size asks for, but for what the multiples leave unused.
      const flop = batch * time * 6 * hiddenSize * (inputSize + hiddenSize)
      assert.ok(parts.length <= 1.25 * Math.ceil(flop / 5e8), `${parts.length} parts`)
    })
  }
})

describe('sequences on a GPU', () => {
  const why = softwareGpu()
  let gpu: Gpu

  before(async function () {
    if (why !== undefined) {
      assert.ok(!process.env.CI, why)
      console.log(`    skipped: ${why}`)
      this.skip()
    }
    gpu = await acquireGpu()
  })
  after(() => gpu?.release())

  it('are those of WASM, for any equations, direction, layers and lengths', async () => {
    const lengths = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 4 })
    const any = models('forward', 'reverse', 'bidirectional').filter(({ spec }) => spec.hiddenSize <= 24)
    await fc.assert(
      fc.asyncProperty(any, lengths, async (model, lengths) => {
        const batch = lengths.length
        const h0 = inputs(batch * stateSize(model.spec), 1, 0.5)
        const x = inputs(batch * 6 * model.spec.inputSize, 2)
        const options = { batch, time: 6, lengths, h0 }
        const { y, hn, out, device } = await deviceSequence(model, x, { ...options, device: 'gpu' })
        const exact = sequence(model, x, options)
        assert.equal(device, lengths.some((length) => length > 0) ? gpu.name : wasm.device)
        assert.ok(distance(y, exact.y) < TOLERANCE)
        assert.ok(distance(hn, exact.hn) < TOLERANCE)
        if (exact.out) assert.ok(distance(out!, exact.out) < TOLERANCE)
        assert.equal(out === undefined, exact.out === undefined)
      }),
      { numRuns: 25 },
    )
  })

  it('are as exact after a long history, whatever rows end early', async () => {
    const spec = gruSpec({ inputSize: 3, hiddenSize: 8, direction: 'bidirectional', outputSize: 2 })
    const model = initialise(spec, { seed: 4 })
    const [batch, time] = [6, 500]
    const lengths = [500, 31, 0, 499, 290, 65]
    const x = inputs(batch * time * 3, 5)
    const got = await deviceSequence(model, x, { batch, time, lengths, device: 'gpu' })
    const exact = sequence(model, x, { batch, time, lengths, backend: reference })
    assert.equal(got.device, gpu.name)
    assert.equal(got.reason, 'asked for')
    for (const name of ['y', 'hn', 'out'] as const) assert.ok(distance(got[name]!, exact[name]!) < TOLERANCE)
  })

  it('go on in WASM from the last states when the GPU is lost, and say so', async () => {
    const url = new URL('./workers/dies-in-sequence.js', import.meta.url)
    const dying = createDeviceSequence(createGpuSource(url))
    const model = initialise(gruSpec({ inputSize: 3, hiddenSize: 8, layers: 2, outputSize: 2 }), { seed: 4 })
    const [batch, time] = [5, 120]
    const lengths = [120, 60, 60, 30, 10]
    const x = inputs(batch * time * 3, 5)
    const got = await dying(model, x, { batch, time, lengths, device: 'gpu' })
    const exact = sequence(model, x, { batch, time, lengths })
    assert.equal(got.device, wasm.device)
    assert.match(got.reason, /^gpu:swiftshader was left on the way: the GPU process was ended by SIGKILL/)
    for (const name of ['y', 'hn', 'out'] as const) assert.ok(distance(got[name]!, exact[name]!) < TOLERANCE)
  })

  it('run in WASM when float32 sums could overflow, and give its results', async () => {
    const model = initialise(gruSpec({ inputSize: 2, hiddenSize: 4 }), { seed: 1 })
    const x = new Float32Array(8).fill(3e38)
    const { device, reason, ...got } = await deviceSequence(model, x, { batch: 2, time: 2, device: 'gpu' })
    assert.equal(device, wasm.device)
    assert.equal(reason, 'float32 sums could overflow on a GPU')
    assert.deepEqual(got, sequence(model, x, { batch: 2, time: 2 }))
  })

  it('are not what auto does on a GPU in software, however much there is', async () => {
    const model = initialise(gruSpec({ inputSize: 1, hiddenSize: 256 }), { seed: 1 })
    const [batch, time] = [64, 200]
    const { device, reason } = await deviceSequence(model, inputs(batch * time, 1), { batch, time })
    assert.equal(device, wasm.device)
    assert.equal(reason, 'gpu:swiftshader computes on the CPU')
  })
})
