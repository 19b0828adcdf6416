import assert from 'node:assert/strict'
import { NoGpuError } from '../../../src/engine/gpu/no-gpu.ts'
import { createGpuSource, type Gpu } from '../../../src/engine/gpu/process.ts'
import { openDeviceStepper } from '../../../src/engine/gpu/stepper.ts'
import type { DeviceStepper } from '../../../src/engine/gpu/types.ts'
import { initialise } from '../../../src/engine/initialise.ts'
import { gruSpec } from '../../../src/engine/spec.ts'
import { beside, type Pair, STANDIN, sameStates, until, values } from './beside.ts'
import { softwareGpu } from './software.ts'
import type { Mishap } from './workers/standin.ts'

const model = initialise(gruSpec({ inputSize: 3, hiddenSize: 6, layers: 2, outputSize: 2 }))
const LANES = 100
const KILLS = 20
/** From the loss to the first answer in WASM. */
const DEADLINE_MS = 5000
const APART = 1e-4

/** Whether pairs are kept busy. */
let running = false

/** Keeps a pair busy, several batches waiting at any time, until the function it returns is called. */
function loaded(stepper: DeviceStepper, pair: Pair): () => Promise<void> {
  running = true
  const lanes = Array.from({ length: LANES }, (_, lane) => lane)
  let turn = 0
  async function work(first: number): Promise<void> {
    while (running) {
      turn++
      const some = lanes.slice(first, first + 50)
      const stepping = pair.step(some, values(model, some.length, turn))
      void pair.ahead([first, first + 1], values(model, 2, turn))
      if (turn % 3 === 0) void pair.save(first)
      if (turn % 5 === 0) {
        stepper.copy(first, first + 49)
        pair.exact.copy(first, first + 49)
      }
      if (turn % 7 === 0) {
        stepper.reset(first + 2)
        pair.exact.reset(first + 2)
      }
      await stepping
      // As readings do, these come with turns of the event loop.
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  const works = [0, 10, 25, 50].map(work)
  return async () => {
    running = false
    await Promise.all(works)
  }
}

describe('a stepper that loses its GPU', () => {
  afterEach(() => {
    running = false
  })

  describe('because the process is killed', () => {
    const missing = softwareGpu()
    before(function () {
      if (missing) {
        console.log(`      ${missing}`)
        this.skip()
      }
    })

    it(`${KILLS} times under load: nothing is lost, WASM answers within 5 s, the GPU comes back`, async () => {
      const source = createGpuSource()
      let gpu: Gpu | undefined
      const acquire = async () => {
        gpu = await source()
        return gpu
      }
      const stepper = openDeviceStepper(model, { device: 'gpu', lanes: LANES }, { acquire, retryMs: 1 })
      const pair = beside(stepper)
      await stepper.ready
      const stop = loaded(stepper, pair)
      let slowest = 0
      for (let kill = 0; kill < KILLS; kill++) {
        await until(() => stepper.device === 'gpu:swiftshader')
        // At another place of a batch each time.
        const before = pair.answered
        await until(() => pair.answered > before + 3 * kill)
        const start = performance.now()
        const lost = new Promise((resolve) => gpu?.onLost(resolve))
        process.kill(gpu!.pid!, 'SIGKILL')
        await lost
        const answered = pair.answered
        await until(() => stepper.device.startsWith('cpu:wasm') && pair.answered > answered)
        slowest = Math.max(slowest, performance.now() - start)
        assert.equal(stepper.reason, 'gpu:swiftshader was lost: the GPU process was ended by SIGKILL')
      }
      await stop()
      const worst = await pair.worst()
      await sameStates(stepper, pair.exact, APART)
      await stepper.close()
      assert.ok(worst <= APART, `answers are ${worst} apart`)
      assert.ok(slowest <= DEADLINE_MS, `${slowest} ms until WASM answered`)
    }).timeout(180_000)

    it('while nothing is asked of it', async () => {
      const source = createGpuSource()
      let gpu: Gpu | undefined
      const acquire = async () => {
        gpu = await source()
        return gpu
      }
      const heard: string[] = []
      const stepper = openDeviceStepper(
        model,
        { device: 'gpu', lanes: 3, onDevice: ({ device, reason }) => heard.push(`${device}: ${reason}`) },
        { acquire },
      )
      const pair = beside(stepper)
      await stepper.ready
      await pair.step([0, 1, 2, 0], values(model, 4, 1))
      process.kill(gpu!.pid!, 'SIGKILL')
      await until(() => stepper.device.startsWith('cpu:wasm'))
      // The host has what the GPU had.
      assert.ok(stepper.peek(0))
      await pair.step([0, 1, 2, 0], values(model, 4, 2))
      assert.ok((await pair.worst()) <= APART)
      await sameStates(stepper, pair.exact, APART)
      await stepper.close()
      assert.deepEqual(heard, [
        'gpu:swiftshader: asked for',
        `${stepper.device}: gpu:swiftshader was lost: the GPU process was ended by SIGKILL`,
      ])
    })
  })

  describe('because of a mishap', () => {
    afterEach(() => {
      delete process.env.STANDIN
    })

    const mishaps: [string, Mishap, RegExp][] = [
      ['the process hangs in a batch', { type: 'run', nth: 4, how: 'hang' }, /did not answer within 3 s$/],
      [
        'the process ends in a batch',
        { type: 'run', nth: 4, how: 'crash' },
        /^gpu:standin was lost: .* code 7/,
      ],
      ['the driver goes', { type: 'run', nth: 4, how: 'lost' }, /device has gone: the driver has gone$/],
      [
        'a batch cannot be done',
        { type: 'run', nth: 4, how: 'fail' },
        /^gpu:standin was left: there is no room$/,
      ],
      [
        'the process ends at its start',
        { type: 'hello', nth: 1, how: 'crash' },
        /^the GPU process ended with/,
      ],
      ['the model is too large', { type: 'open', nth: 1, how: 'fail' }, /^there is no room$/],
      [
        'the process ends while it opens',
        { type: 'open', nth: 1, how: 'crash' },
        /^the GPU process ended with/,
      ],
      ['states cannot move there', { type: 'run', nth: 1, how: 'crash' }, /^the GPU process ended with/],
      ['it has no room for more lanes', { type: 'grow', nth: 1, how: 'fail' }, /was left: there is no room$/],
      [
        'the process ends while it grows',
        { type: 'grow', nth: 1, how: 'crash' },
        /, its last words "last words"$/,
      ],
    ]
    for (const [what, mishap, reason] of mishaps) {
      it(`${what}: goes on in WASM with what it had`, async () => {
        process.env.STANDIN = JSON.stringify(mishap)
        const acquire = createGpuSource(STANDIN)
        const stepper = openDeviceStepper(model, { device: 'gpu', lanes: LANES }, { acquire })
        const pair = beside(stepper)
        // States that are not zero move to the GPU.
        void pair.step([1, 2], values(model, 2, 0))
        await pair.worst()
        await stepper.ready
        const stop = loaded(stepper, pair)
        await until(() => pair.answered > 20 || stepper.device.startsWith('cpu:'))
        stepper.grow(LANES + 5)
        pair.exact.grow(LANES + 5)
        await until(() => stepper.device.startsWith('cpu:'))
        const { answered } = pair
        await until(() => pair.answered > answered)
        await stop()
        assert.match(stepper.reason, reason)
        assert.ok((await pair.worst()) <= APART)
        await sameStates(stepper, pair.exact, APART)
        await stepper.close()
      })
    }

    it('that passes: tries again after a while', async () => {
      process.env.STANDIN = JSON.stringify({ type: 'open', nth: 1, how: 'fail' } satisfies Mishap)
      const source = createGpuSource(STANDIN)
      let asked = 0
      const acquire = () => (asked++ === 0 ? Promise.reject(new Error('no space left')) : source())
      const heard: string[] = []
      const onDevice = ({ reason }: { readonly reason: string }): void => void heard.push(reason)
      const stepper = openDeviceStepper(model, { device: 'gpu', onDevice }, { acquire, retryMs: 5 })
      await until(() => stepper.device === 'gpu:standin')
      await stepper.close()
      assert.deepEqual(heard, ['no space left', 'there is no room', 'asked for'])
    })

    it('that does not pass: asks no more for a GPU', async () => {
      let asked = 0
      const acquire = () => {
        asked++
        return Promise.reject(new NoGpuError('no GPU was found'))
      }
      const stepper = openDeviceStepper(model, { device: 'gpu' }, { acquire, retryMs: 1 })
      await stepper.ready
      await new Promise((resolve) => setTimeout(resolve, 100))
      assert.equal(asked, 1)
      assert.equal(stepper.reason, 'no GPU was found')
      await stepper.close()
    })

    it('and then has no adapter for a while, as during an update of the driver: finds it again', async () => {
      process.env.STANDIN = JSON.stringify({ type: 'run', nth: 1, how: 'crash' } satisfies Mishap)
      const source = createGpuSource(STANDIN)
      let asked = 0
      const acquire = () => {
        if (asked++ === 0) return source()
        delete process.env.STANDIN
        return asked < 4 ? Promise.reject(new NoGpuError('no GPU was found')) : source()
      }
      const heard: string[] = []
      const onDevice = ({ reason }: { readonly reason: string }): void => void heard.push(reason)
      const stepper = openDeviceStepper(model, { device: 'gpu', onDevice }, { acquire, retryMs: 1 })
      const pair = beside(stepper)
      await stepper.ready
      void pair.step([0], values(model, 1, 1))
      await until(() => heard.length === 5)
      void pair.step([0], values(model, 1, 2))
      assert.ok((await pair.worst()) <= APART)
      await sameStates(stepper, pair.exact, APART)
      await stepper.close()
      const [there, lost, ...later] = heard
      assert.equal(there, 'asked for')
      assert.match(lost, /^gpu:standin was lost/)
      assert.deepEqual(later, ['no GPU was found', 'no GPU was found', 'asked for'])
    })

    it('twice: waits longer before it tries again', async () => {
      process.env.STANDIN = JSON.stringify({ type: 'run', nth: 2, how: 'crash' } satisfies Mishap)
      const source = createGpuSource(STANDIN)
      const starts: number[] = []
      const acquire = () => {
        starts.push(performance.now())
        return source()
      }
      const stepper = openDeviceStepper(model, { device: 'gpu', lanes: LANES }, { acquire, retryMs: 200 })
      const pair = beside(stepper)
      const stop = loaded(stepper, pair)
      await until(() => starts.length === 4)
      await stop()
      assert.ok((await pair.worst()) <= APART)
      await sameStates(stepper, pair.exact, APART)
      await stepper.close()
      assert.ok(starts[2] - starts[1] >= 200)
      assert.ok(starts[3] - starts[2] >= 400)
    })
  })
})
