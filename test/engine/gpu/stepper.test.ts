import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { extname } from 'node:path'
import fc from 'fast-check'
import { createDeviceStepper, openDeviceStepper } from '../../../src/engine/gpu/stepper.ts'
import type { DeviceStepper } from '../../../src/engine/gpu/types.ts'
import { initialise } from '../../../src/engine/initialise.ts'
import { createModel } from '../../../src/engine/model.ts'
import { gruSpec } from '../../../src/engine/spec.ts'
import { inputs, models } from '../arbitrary.ts'
import { beside, type Pair, sameStates, values } from './beside.ts'
import { softwareGpu } from './software.ts'

const model = initialise(gruSpec({ inputSize: 2, hiddenSize: 5, layers: 2, outputSize: 3 }))
const LANES = 6

/** What one may ask for, and what it does to a stepper and to the one beside it. */
type Action = (stepper: DeviceStepper, pair: Pair, seed: number) => void | Promise<void>

const lane = fc.nat(LANES - 1)
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: fc.array(lane, { maxLength: 9 }).map(step) },
  { weight: 3, arbitrary: fc.array(lane, { maxLength: 9 }).map(ahead) },
  {
    weight: 2,
    arbitrary: lane.map(
      (lane): Action =>
        (_, pair) =>
          void pair.save(lane),
    ),
  },
  { weight: 1, arbitrary: lane.map(reset) },
  { weight: 2, arbitrary: fc.tuple(lane, lane).map(([from, to]) => copy(from, to)) },
  { weight: 2, arbitrary: fc.tuple(lane, fc.nat(1000)).map(([lane, seed]) => restore(lane, seed)) },
  { weight: 1, arbitrary: fc.nat(3).map(grow) },
  { weight: 1, arbitrary: fc.constant<Action>((stepper, pair) => sameStates(stepper, pair.exact, 1e-5)) },
  { weight: 3, arbitrary: fc.constant<Action>(() => new Promise((resolve) => setImmediate(resolve))) },
)

function step(lanes: readonly number[]): Action {
  return ({ model }, pair, seed) => void pair.step(lanes, inputs(lanes.length * model.spec.inputSize, seed))
}

function ahead(lanes: readonly number[]): Action {
  return ({ model }, pair, seed) => void pair.ahead(lanes, inputs(lanes.length * model.spec.inputSize, seed))
}

function reset(lane: number): Action {
  return (stepper, { exact }) => {
    stepper.reset(lane)
    exact.reset(lane)
  }
}

function copy(from: number, to: number): Action {
  return (stepper, { exact }) => {
    stepper.copy(from, to)
    exact.copy(from, to)
  }
}

function restore(lane: number, seed: number): Action {
  return (stepper, { exact }) => {
    const state = inputs(exact.save(lane).length, seed, 0.3)
    stepper.restore(lane, state)
    exact.restore(lane, state)
    // What was given is the caller's again.
    state.fill(7)
  }
}

function grow(more: number): Action {
  return (stepper, { exact }) => {
    stepper.grow(stepper.lanes + more)
    exact.grow(exact.lanes + more)
    assert.equal(stepper.lanes, exact.lanes)
  }
}

describe('createDeviceStepper', () => {
  describe('in WASM', () => behaves('wasm'))

  describe('on a GPU', () => {
    const missing = softwareGpu()
    before(function () {
      if (missing) {
        console.log(`      ${missing}`)
        this.skip()
      }
    })

    behaves('gpu')

    it('says what it is', async () => {
      const heard: unknown[] = []
      const stepper = createDeviceStepper(model, { device: 'gpu', onDevice: (said) => heard.push(said) })
      assert.match(stepper.device, /^cpu:wasm/)
      await stepper.ready
      assert.equal(stepper.device, 'gpu:swiftshader')
      assert.equal(stepper.reason, 'asked for')
      assert.deepEqual(heard, [{ device: 'gpu:swiftshader', reason: 'asked for' }])
      await stepper.close()
    })

    it('computes at once what comes together and what comes while it computes', async () => {
      const stepper = createDeviceStepper(model, { device: 'gpu', lanes: 50 })
      await stepper.ready
      const all = Array.from({ length: 50 }, (_, lane) => stepper.step([lane], values(model, 1, lane)))
      await Promise.all(all)
      assert.equal(stepper.load.batch, 50)
      assert.ok(stepper.load.microseconds > 0)
      await stepper.close()
    })

    it('fetches states when the work since the last time has become long', async () => {
      const wide = initialise(gruSpec({ inputSize: 250, hiddenSize: 4 }))
      const stepper = createDeviceStepper(wide, { device: 'gpu', lanes: 3000 })
      const pair = beside(stepper)
      await stepper.ready
      const lanes = Array.from({ length: 3000 }, (_, lane) => lane)
      // 750,000 values a turn.
      for (let turn = 0; turn < 12; turn++) await pair.step(lanes, values(wide, 3000, turn))
      assert.ok((await pair.worst()) < 1e-5)
      await sameStates(stepper, pair.exact, 1e-5)
      await stepper.close()
    }).timeout(120_000)

    it('cuts what is too long for one request', async () => {
      const stepper = createDeviceStepper(model, { device: 'gpu', lanes: 2 })
      const pair = beside(stepper)
      await stepper.ready
      const lanes = new Array(700).fill(1)
      await pair.step(lanes, values(model, 700, 1))
      await pair.step([0], values(model, 1, 2))
      assert.ok((await pair.worst()) < 1e-5)
      await sameStates(stepper, pair.exact, 1e-5)
      await stepper.close()
    })

    it('does what was asked before it closes', async () => {
      const stepper = createDeviceStepper(model, { device: 'gpu', lanes: 4 })
      const pair = beside(stepper)
      await stepper.ready
      void pair.step([0, 1, 2, 3], values(model, 4, 1))
      await new Promise((resolve) => setImmediate(resolve))
      // One batch is on the device, one waits.
      void pair.step([0, 0, 1], values(model, 3, 2))
      const closing = stepper.close()
      assert.equal(stepper.close(), closing)
      assert.ok((await pair.worst()) < 1e-5)
      await closing
      assert.equal(pair.answered, 2)
    })

    it('can be closed while it looks for a GPU', async () => {
      const stepper = createDeviceStepper(model, { device: 'gpu' })
      const asked = stepper.step([0], values(model, 1, 1))
      await stepper.close()
      assert.equal((await asked).length, 3)
      await stepper.ready
      assert.match(stepper.device, /^cpu:wasm/)
    })

    it('keeps no process alive', () => {
      const from = (path: string) => new URL(path + extname(import.meta.url), import.meta.url).href
      const script = `
        const { createDeviceStepper } = await import('${from('../../../src/engine/gpu/stepper')}')
        const { initialise } = await import('${from('../../../src/engine/initialise')}')
        const { gruSpec } = await import('${from('../../../src/engine/spec')}')
        const model = initialise(gruSpec({ inputSize: 1, hiddenSize: 4 }))
        const stepper = createDeviceStepper(model, { device: 'gpu' })
        await stepper.ready
        console.log(stepper.device, (await stepper.step([0], Float32Array.of(1))).length)`
      const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
        encoding: 'utf8',
        timeout: 50_000,
      })
      assert.equal(stdout, 'gpu:swiftshader 4\n', stderr)
      assert.equal(status, 0)
    })
  })

  it('refuses models and options that it cannot use', () => {
    const backwards = initialise(gruSpec({ inputSize: 1, hiddenSize: 1, direction: 'reverse' }))
    assert.throws(() => createDeviceStepper(backwards), /RangeError: .*direction.* reverse/)
    assert.throws(() => createDeviceStepper(model, { lanes: 0.5 }), /RangeError: lanes .* got 0.5/)
    assert.throws(
      () => createDeviceStepper(model, { device: 'cuda' as 'gpu' }),
      /RangeError: device must be one of wasm, gpu, auto, got "cuda"/,
    )
  })

  it('leaves models whose sums could overflow to WASM', async () => {
    const spec = gruSpec({ inputSize: 1, hiddenSize: 1 })
    const heavy = createModel(spec, new Float32Array(12).fill(1e37))
    const acquire = () => assert.fail('a GPU was asked for')
    const stepper = openDeviceStepper(heavy, { device: 'gpu' }, { acquire })
    await stepper.ready
    assert.match(stepper.reason, /weights are so large/)
    assert.equal((await stepper.step([0], Float32Array.of(1))).length, 1)
    await stepper.close()
  })
})

function behaves(device: 'wasm' | 'gpu'): void {
  it('gives what a stepper in WASM gives, whatever is asked in whatever order', async () => {
    const asked = fc.array(fc.tuple(action, fc.nat(1000)), { maxLength: 25 })
    await fc.assert(
      fc.asyncProperty(models('forward'), asked, fc.boolean(), async (model, list, waits) => {
        const stepper = createDeviceStepper(model, { device, lanes: LANES })
        const pair = beside(stepper)
        // Otherwise it begins in WASM and moves on its way.
        if (waits) await stepper.ready
        for (const [act, seed] of list) await act(stepper, pair, seed)
        assert.ok((await pair.worst()) < 1e-5)
        await stepper.ready
        await sameStates(stepper, pair.exact, 1e-5)
        await stepper.close()
      }),
      { numRuns: device === 'gpu' ? 40 : 100 },
    )
  }).timeout(120_000)

  it('answers in the order of asking', async () => {
    const stepper = createDeviceStepper(model, { device, lanes: 3 })
    await stepper.ready
    const order: number[] = []
    const all = [0, 1, 2, 0, 1, 0].map(async (lane, i) => {
      await stepper.step([lane], values(model, 1, i))
      order.push(i)
    })
    await Promise.all(all)
    assert.deepEqual(order, [0, 1, 2, 3, 4, 5])
    await stepper.close()
  })

  it('knows the states of lanes that have not moved on', async () => {
    const stepper = createDeviceStepper(model, { device, lanes: 2 })
    const pair = beside(stepper)
    await stepper.ready
    assert.ok(stepper.peek(0)?.every((v) => v === 0))
    void pair.step([1], values(model, 1, 1))
    // WASM has taken the step already.
    if (stepper.device.startsWith('gpu:')) assert.equal(stepper.peek(1), undefined)
    else assert.deepEqual(stepper.peek(1), pair.exact.save(1))
    assert.ok(stepper.peek(0))
    await sameStates(stepper, pair.exact, 1e-5)
    await stepper.close()
  })

  it('refuses bad arguments with their value, before any state changes', async () => {
    const stepper = createDeviceStepper(model, { device, lanes: 2 })
    const pair = beside(stepper)
    await stepper.ready
    void pair.step([0, 1], values(model, 2, 1))
    const x = values(model, 2, 2)
    const bad = (v: number) => x.map((old, i) => (i === 3 ? v : old))
    const state = new Float32Array(10)
    const refused: [() => unknown, RegExp][] = [
      [() => stepper.step([0, 2], x), /RangeError: lane .* below 2, got 2/],
      [() => stepper.ahead([0, Number.NaN], x), /RangeError: lane .* got NaN/],
      [() => stepper.step([0, 1], x.subarray(1)), /RangeError: inputs must hold 4 values, got 3/],
      [() => stepper.step([0, 1], bad(Number.NaN)), /RangeError: inputs must be finite, got NaN at index 3/],
      [() => stepper.ahead([0, 1], bad(-1e38)), /RangeError: inputs must be within .* got -9.9\d+e\+37 at/],
      [() => stepper.save(-1), /RangeError: lane .* got -1/],
      [() => stepper.restore(0, state.subarray(1)), /RangeError: state must hold 10 values, got 9/],
      [() => stepper.restore(0, state.fill(Number.NaN)), /RangeError: state .* got NaN at index 0/],
      [() => stepper.restore(0, state.fill(3e38)), /RangeError: state must be within .* at index 0/],
      [() => stepper.copy(0, 7), /RangeError: lane .* got 7/],
      [() => stepper.reset(0.5), /RangeError: lane .* got 0.5/],
      [() => stepper.peek(2), /RangeError: lane .* got 2/],
      [() => stepper.grow(1), /RangeError: lanes must be a whole number from 2, got 1/],
    ]
    for (const [call, message] of refused) assert.throws(call, message)
    assert.ok((await pair.worst()) < 1e-5)
    await sameStates(stepper, pair.exact, 1e-5)
    await stepper.close()
  })

  it('steps no more once closed', async () => {
    const stepper = createDeviceStepper(model, { device })
    await stepper.close()
    await stepper.close()
    assert.throws(() => stepper.step([0], values(model, 1, 1)), /the stepper is closed/)
    assert.throws(() => stepper.save(0), /closed/)
    assert.throws(() => stepper.reset(0), /closed/)
    assert.throws(() => stepper.grow(5), /closed/)
    assert.throws(() => stepper.settle(), /closed/)
  })
}
