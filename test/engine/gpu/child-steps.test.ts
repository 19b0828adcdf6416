import assert from 'node:assert/strict'
import { initialise } from '../../../src/engine/initialise.ts'
import { createModel, type Model } from '../../../src/engine/model.ts'
import { createRandom, type Random } from '../../../src/engine/random.ts'
import { reference } from '../../../src/engine/reference.ts'
import {
  type Cell,
  type GruSpec,
  gruSpec,
  type RecurrentActivation,
  stateSize,
  type Update,
} from '../../../src/engine/spec.ts'
import { distance } from '../arbitrary.ts'
import { type RawBatch, type RawChild, type RawStage, startChild } from './raw-child.ts'
import { lackingSoftwareGpu as reason, softwareGpu } from './software.ts'

const CELLS: readonly Cell[] = ['reset-after', 'reset-before', 'no-reset', 'no-carry']
const UPDATES: readonly Update[] = ['keep', 'write']
const ACTIVATIONS: readonly RecurrentActivation[] = ['sigmoid', 'hard-sigmoid']
const LANES = 6
const BATCHES = 3
const TOLERANCE = 1e-5

describe(`child process: steps${reason ? ` (skipped: ${reason})` : ''}`, () => {
  softwareGpu()
  let child: RawChild
  before(function () {
    if (reason) this.skip()
    child = startChild()
  })
  after(async () => {
    if (child) assert.equal(await child.end(), 0)
  })

  for (const cell of CELLS) {
    for (const update of UPDATES) {
      for (const recurrentActivation of ACTIVATIONS) {
        it(`gives what the reference gives: ${cell}, ${update}, ${recurrentActivation}`, async () => {
          const specs = shapes().map((shape) => gruSpec({ ...shape, cell, update, recurrentActivation }))
          // All at once: pools of one shape share their kernels.
          for (const [pool, spec] of specs.entries()) await child.open(pool, modelOf(spec, pool), LANES)
          for (const [pool, spec] of specs.entries()) await compare(child, pool, modelOf(spec, pool))
          for (const pool of specs.keys()) await child.ask('close', { pool })
        })
      }
    }
  }
})

/** Every number of biases, of layers, with projection and without. */
function shapes(): Pick<GruSpec, 'inputSize' | 'hiddenSize' | 'layers' | 'biases' | 'outputSize'>[] {
  const numbers = [0, 1, 2] as const
  return numbers.flatMap((biases) =>
    [1, 2, 3].flatMap((layers) =>
      [0, 3].map((outputSize) => ({ inputSize: 2, hiddenSize: 5, layers, biases, outputSize })),
    ),
  )
}

/** Weights large enough that gates open and close. */
function modelOf(spec: GruSpec, seed: number): Model {
  const { weights } = initialise(spec, { seed })
  return createModel(
    spec,
    weights.map((v) => 2 * v),
  )
}

async function compare(child: RawChild, pool: number, model: Model): Promise<void> {
  const random = createRandom(pool)
  const oracle = createOracle(model, LANES)
  for (let batch = 0; batch < BATCHES; batch++) {
    if (batch === BATCHES - 1) {
      oracle.grow(LANES + 3)
      await child.ask('grow', { pool, lanes: LANES + 3 })
    }
    const asked = randomBatch(model.spec, oracle.lanes, random)
    const expected = oracle.run(asked)
    const got = await child.run(pool, asked)
    assert.ok(
      distance(got.outputs, expected.outputs) < TOLERANCE,
      `outputs of batch ${batch} of pool ${pool}`,
    )
    assert.ok(distance(got.states, expected.states) < TOLERANCE, `states of batch ${batch} of pool ${pool}`)
  }
}

/** Stages of every kind, three `step`s among them, and in the end a look at all lanes. */
function randomBatch(spec: GruSpec, lanes: number, random: Random): RawBatch {
  const stages: RawStage[] = []
  const [from, to]: number[][] = [[], []]
  const lane = (): number => Math.floor(random.uniform(0, lanes))
  for (const kind of ['step', 'write', 'step', 'copy', 'read', 'step'] as const) {
    const some = Array.from({ length: lanes }, (_, i) => i).filter(() => random.uniform(0, 1) < 0.6)
    if (kind === 'write') {
      const states = Float32Array.from({ length: some.length * stateSize(spec) }, () => random.uniform(-1, 1))
      stages.push({ kind, lanes: some, states })
    } else if (kind === 'copy') stages.push({ kind, from: lane(), to: lane() })
    else if (kind === 'read') stages.push({ kind, lanes: some })
    else {
      const first = from.length
      for (const target of some) {
        // A step, a look ahead from the lane's state before it, and one that leaves its state elsewhere.
        from.push(target, target, lane())
        to.push(random.uniform(0, 1) < 0.7 ? target : -1, -1, -1)
      }
      stages.push({ kind, first, rows: from.length - first })
    }
  }
  stages.push({ kind: 'read', lanes: Array.from({ length: lanes }, (_, i) => i) })
  const inputs = Float32Array.from({ length: from.length * spec.inputSize }, () => 2 * random.normal())
  return { stages, inputs, from, to }
}

/** The same batches by the reference backend, a row at a time. */
function createOracle(model: Model, initial: number) {
  const { inputSize, hiddenSize, outputSize } = model.spec
  const width = outputSize || hiddenSize
  const one = reference.open(model, 1)
  const states: Float32Array[] = Array.from(
    { length: initial },
    () => new Float32Array(stateSize(model.spec)),
  )
  return {
    get lanes() {
      return states.length
    },
    grow(lanes: number) {
      while (states.length < lanes) states.push(new Float32Array(stateSize(model.spec)))
    },
    run({ stages, inputs, from, to }: RawBatch) {
      const outputs = new Float32Array(from!.length * width)
      const read: number[] = []
      for (const stage of stages) {
        if (stage.kind === 'copy') states[stage.to] = states[stage.from]
        else if (stage.kind === 'read') for (const lane of stage.lanes) read.push(...states[lane])
        else if (stage.kind === 'write') {
          for (const [i, lane] of stage.lanes.entries()) {
            const size = states[lane].length
            states[lane] = Float32Array.from(stage.states).slice(i * size, (i + 1) * size)
          }
        } else {
          const before = [...states]
          for (let row = stage.first; row < stage.first + stage.rows; row++) {
            one.restore(0, before[from![row]])
            const x = Float32Array.from(inputs!).subarray(row * inputSize, (row + 1) * inputSize)
            outputs.set(one.step([0], x), row * width)
            if (to![row] >= 0) states[to![row]] = one.save(0)
          }
        }
      }
      return { outputs, states: Float32Array.from(read) }
    },
  }
}
