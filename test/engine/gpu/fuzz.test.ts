import assert from 'node:assert/strict'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { createGpuSource } from '../../../src/engine/gpu/process.ts'
import { openDeviceStepper } from '../../../src/engine/gpu/stepper.ts'
import type { Calibrations, DeviceStepper } from '../../../src/engine/gpu/types.ts'
import { initialise } from '../../../src/engine/initialise.ts'
import type { Model } from '../../../src/engine/model.ts'
import { createRandom, type Random } from '../../../src/engine/random.ts'
import { gruSpec, stateSize } from '../../../src/engine/spec.ts'
import { distance } from '../arbitrary.ts'
import { beside, type Pair, STANDIN, sameStates, values } from './beside.ts'
import type { Mishap } from './workers/standin.ts'

/** No more lives begin after this time; those that have begun end within some seconds. */
const BUDGET_MS = 4000
/** Lives at a time: most of one is waiting. */
const TOGETHER = 6
const LANES = 5
const MOST_LANES = 12
const APART = 1e-6
/** A life that is not over by then hangs: its process is given up within 5 s. */
const HUNG_MS = 20_000

const CELLS = ['reset-after', 'no-carry', 'reset-before', 'no-reset'] as const
const TYPES = ['run', 'run', 'run', 'run', 'open', 'grow', 'close', 'hello', 'time-wasm'] as const
const HOWS = ['crash', 'fail', 'lost'] as const
/** Waiting for what hangs takes seconds, and most for what opens. */
const HANGING = ['run', 'grow'] as const

/** Faster from 6 rows on. */
const MEASURED: Calibrations = {
  get: () => ({ rows: [1, 6, 400], gpu: [5, 5, 5], wasm: [0.1, 5, 100] }),
  set: () => {},
}

const oneOf = <T>(random: Random, list: readonly T[]): T => list[random.integer(0, list.length)]

function anyMishap(random: Random): Mishap {
  const nth = random.integer(1, 13)
  if (random.integer(0, 6) === 0) return { type: oneOf(random, HANGING), nth, how: 'hang' }
  return { type: oneOf(random, TYPES), nth, how: oneOf(random, HOWS) }
}

function anyModel(random: Random): Model {
  const layers = random.integer(1, 3)
  const outputSize = 2 * random.integer(0, 2)
  return initialise(
    gruSpec({ inputSize: 2, hiddenSize: 3, layers, outputSize, cell: oneOf(random, CELLS) }),
    { seed: random.integer(0, 1000) },
  )
}

/** Asks a stepper and the one in WASM for anything. */
async function ask(random: Random, stepper: DeviceStepper, pair: Pair): Promise<void> {
  const { exact } = pair
  const { model } = stepper
  const [a, b] = [random.integer(0, exact.lanes), random.integer(0, exact.lanes)]
  const what = random.integer(0, 12)
  if (what < 6) {
    const lanes = Array.from({ length: random.integer(1, 13) }, () => random.integer(0, exact.lanes))
    void pair[what < 4 ? 'step' : 'ahead'](lanes, values(model, lanes.length, random.integer(0, 1000)))
  } else if (what === 6) void pair.save(a)
  else if (what === 7) {
    const state = Float32Array.from({ length: stateSize(model.spec) }, () => random.uniform(-1, 1))
    stepper.restore(a, state)
    exact.restore(a, state)
  } else if (what === 8) {
    stepper.copy(a, b)
    exact.copy(a, b)
  } else if (what === 9 && exact.lanes < MOST_LANES) {
    stepper.grow(exact.lanes + 1)
    exact.grow(exact.lanes + 1)
  } else if (what === 10) {
    if (random.integer(0, 2) === 0) void stepper.settle()
    else await sameStates(stepper, exact, APART)
  } else {
    const known = stepper.peek(a)
    if (known) assert.ok(distance(known, exact.save(a)) <= APART, `what is known of lane ${a} is old`)
  }
}

/** A stepper from its opening to its end, on a process that meets with a mishap each time it starts. */
async function live(seed: number): Promise<void> {
  const random = createRandom(seed)
  const mishap = JSON.stringify(anyMishap(random))
  const source = createGpuSource(STANDIN)
  // The process has started, if it starts, when the call returns: several lives share the environment.
  const acquire = () => {
    process.env.STANDIN = mishap
    const gpu = source()
    delete process.env.STANDIN
    return gpu
  }
  const stepper = openDeviceStepper(
    anyModel(random),
    {
      device: oneOf(random, ['auto', 'gpu']),
      lanes: LANES,
      calibrations: oneOf(random, [MEASURED, new Map()]),
    },
    { acquire, retryMs: 1 },
  )
  const pair = beside(stepper)
  const life = async (): Promise<void> => {
    if (random.integer(0, 2) === 0) await stepper.ready
    for (let i = random.integer(20, 60); i > 0; i--) {
      await ask(random, stepper, pair)
      const pause = random.integer(0, 6)
      if (pause === 0) await nextTurn()
      else if (pause === 1) await sleep(random.integer(0, 4))
    }
    await stepper.close()
    const worst = await pair.worst()
    assert.ok(worst <= APART, `answers are ${worst} apart`)
    await stepper.ready
  }
  const over = new AbortController()
  const hung = sleep(HUNG_MS, 'hung', over)
  try {
    assert.notEqual(await Promise.race([life(), hung]), 'hung', 'something is never answered')
  } catch (error) {
    const where = `seed ${seed}, ${mishap}, ${stepper.device}: ${stepper.reason}`
    throw new Error(`${where}: ${error instanceof Error ? error.message : error}`, { cause: error })
  } finally {
    hung.catch(() => {})
    over.abort()
  }
}

describe('a stepper whose GPU process fails anywhere', () => {
  it('answers everything, in WASM where it has to, as if nothing had happened', async () => {
    const first = Date.now() % 2 ** 31
    let seed = first
    const end = performance.now() + BUDGET_MS
    const lives = async (): Promise<void> => {
      while (performance.now() < end) await live(seed++)
    }
    await Promise.all(Array.from({ length: TOGETHER }, lives))
    console.log(`      ${seed - first} lives from seed ${first} on`)
  })
})
