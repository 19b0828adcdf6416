import assert from 'node:assert/strict'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { createGpuSource } from '../../../src/engine/gpu/process.ts'
import { openDeviceStepper } from '../../../src/engine/gpu/stepper.ts'
import { initialise } from '../../../src/engine/initialise.ts'
import { gruSpec } from '../../../src/engine/spec.ts'
import { beside, STANDIN, sameStates, values } from './beside.ts'
import type { Mishap } from './workers/standin.ts'

const model = initialise(gruSpec({ inputSize: 2, hiddenSize: 4 }))
const LANES = 3
/** What is asked is answered within this time, by whatever there is. */
const DEADLINE_MS = 5000
const APART = 1e-5

/** Steppers that share a process, which meets with a mishap. */
function sharing(mishap: Mishap) {
  process.env.STANDIN = JSON.stringify(mishap)
  const acquire = createGpuSource(STANDIN)
  return () => openDeviceStepper(model, { device: 'gpu', lanes: LANES }, { acquire })
}

const HANG_IN_OPEN: Mishap = { type: 'open', nth: 2, how: 'hang' }

describe('a stepper whose GPU does not come to its requests', () => {
  afterEach(() => {
    delete process.env.STANDIN
  })

  it('answers in WASM while the process hangs in opening another model', async () => {
    const open = sharing(HANG_IN_OPEN)
    const stepper = open()
    const pair = beside(stepper)
    await stepper.ready
    await pair.step([0, 1, 2], values(model, 3, 1))
    assert.equal(stepper.device, 'gpu:standin')
    const other = open()
    const start = performance.now()
    const first = pair.step([0, 1], values(model, 2, 2))
    await nextTurn()
    // Behind a request that is not answered.
    const second = pair.step([1, 2], values(model, 2, 3))
    await Promise.all([first, second])
    const took = performance.now() - start
    assert.match(stepper.device, /^cpu:wasm/)
    assert.equal(stepper.reason, 'gpu:standin was left: the GPU was busy for 4 s')
    assert.ok((await pair.worst()) <= APART)
    await sameStates(stepper, pair.exact, APART)
    await Promise.all([stepper.close(), other.close()])
    assert.ok(took <= DEADLINE_MS, `${took} ms until WASM answered`)
  })

  it('closes while the process hangs in opening another model, with all answered', async () => {
    const open = sharing(HANG_IN_OPEN)
    const stepper = open()
    const pair = beside(stepper)
    await stepper.ready
    const other = open()
    // By then it is being opened.
    await nextTurn()
    void pair.step([0, 1], values(model, 2, 1))
    const settled = stepper.settle()
    const start = performance.now()
    await Promise.all([settled, stepper.close(), other.close()])
    const took = performance.now() - start
    assert.ok((await pair.worst()) <= APART)
    assert.ok(took <= DEADLINE_MS, `${took} ms until all was closed`)
  })

  it('answers in WASM what waits behind a growth that hangs', async () => {
    const stepper = sharing({ type: 'grow', nth: 1, how: 'hang' })()
    const pair = beside(stepper)
    await stepper.ready
    stepper.grow(LANES + 1)
    pair.exact.grow(LANES + 1)
    const start = performance.now()
    await pair.step([0, LANES], values(model, 2, 1))
    const took = performance.now() - start
    assert.equal(stepper.reason, 'gpu:standin was lost: the GPU did not answer within 3 s')
    await sameStates(stepper, pair.exact, APART)
    await stepper.close()
    assert.ok(took <= DEADLINE_MS, `${took} ms until WASM answered`)
  })

  it('goes on where another model takes long to open, but not too long', async () => {
    const open = sharing({ type: 'open', nth: 2, how: 'slow' })
    const stepper = open()
    const pair = beside(stepper)
    await stepper.ready
    const other = open()
    await pair.step([0, 1], values(model, 2, 1))
    await other.ready
    assert.equal(stepper.device, 'gpu:standin')
    assert.equal(other.device, 'gpu:standin')
    assert.ok((await pair.worst()) <= APART)
    await Promise.all([stepper.close(), other.close()])
  })
})
