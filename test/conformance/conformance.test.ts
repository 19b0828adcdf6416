import assert from 'node:assert/strict'
import type { Backend } from '../../src/engine/backend.ts'
import { acquireGpu, type Gpu } from '../../src/engine/gpu/process.ts'
import { deviceSequence } from '../../src/engine/gpu/sequence.ts'
import { createDeviceStepper } from '../../src/engine/gpu/stepper.ts'
import { layout } from '../../src/engine/layout.ts'
import { createModel, type Model } from '../../src/engine/model.ts'
import { referenceStep, type Vector } from '../../src/engine/reference.ts'
import { type Sequence, type SequenceOptions, sequence } from '../../src/engine/sequence.ts'
import { createStepper } from '../../src/engine/stepper.ts'
import { backends } from '../engine/builds.ts'
import { softwareGpu } from '../engine/gpu/software.ts'
import { type Case, type Expected, hardSigmoidCase, readCases } from './cases.ts'
import { oracle } from './oracle.ts'

const files = [
  'seed1-numpy/forward.json',
  'seed2-pytorch/forward.json',
  'seed2-pytorch/grucell.json',
  'seed2-pytorch/gradients.json',
  'seed3-keras/keras_gru.json',
  'seed3-keras/seed_cell.json',
  'onnx/gru_op.json',
]
const cases = [...files.flatMap(readCases), hardSigmoidCase()]
const forward = cases.filter((c) => c.spec.direction === 'forward')
/** What any case may be off by on a GPU. */
const GPU_TOLERANCE = 1e-5

describe('conformance', () => {
  const report: string[] = []
  after(() => console.log(report.map((line) => `    ${line}`).join('\n')))

  conforms('float64 equations', cases, (c) => check(oracle(c), c.expect64, c.tol64))
  for (const backend of backends) {
    conforms(`${backend.device} sequence`, cases, (c) => check(runSequence(backend, c), c.expect, c.tol))
    conforms(`${backend.device} stepper`, forward, async (c) => {
      const stepper = createStepper(modelOf(c), { backend, lanes: c.batch })
      return check(await runStepper(stepper, c), c.expect, c.tol)
    })
  }

  describe('on a GPU', () => {
    const why = softwareGpu()
    const tolerance = (c: Case) => Math.min(c.tol, GPU_TOLERANCE)
    let gpu: Gpu | undefined
    before(async function () {
      if (why !== undefined) {
        assert.ok(!process.env.CI, why)
        report.push(`gpu: skipped, ${why}`)
        this.skip()
      }
      // One process for all cases.
      gpu = await acquireGpu()
    })
    after(() => gpu?.release())

    conforms('gpu sequence', cases, async (c) => check(await runDeviceSequence(c), c.expect, tolerance(c)))
    conforms('gpu stepper', forward, async (c) => {
      const stepper = createDeviceStepper(modelOf(c), { device: 'gpu', lanes: c.batch })
      await stepper.ready
      const got = await runStepper(stepper, c)
      assert.match(stepper.device, /^gpu:/, stepper.reason)
      await stepper.close()
      return check(got, c.expect, tolerance(c))
    })
  })

  const gated = cases.filter((c) => c.gates)
  conforms('gates in float64', gated, (c) => {
    const [cell] = layout(c.spec).cells
    const { hiddenSize: H, inputSize: I } = c.spec
    let h: Vector = new Float64Array(H)
    const errors = Array.from({ length: c.time }, (_, t) => {
      const step = referenceStep(c.spec, c.weights, cell, c.x.subarray(t * I, (t + 1) * I), h)
      h = step.h
      const { r, z, n } = c.gates!
      return [
        distance(step.r, r.subarray(t * H, (t + 1) * H)),
        distance(step.z, z.subarray(t * H, (t + 1) * H)),
        distance(step.n, n.subarray(t * H, (t + 1) * H)),
      ]
    }).flat()
    return within(Math.max(...errors), c.tol64, 'gates')
  })

  /** One test a case; the worst error of all goes to the report. */
  function conforms(title: string, list: readonly Case[], run: (c: Case) => number | Promise<number>): void {
    describe(title, () => {
      let worst = 0
      let passed = 0
      for (const c of list) {
        it(c.name, async () => {
          worst = Math.max(worst, await run(c))
          passed += 1
        })
      }
      after(() =>
        report.push(`${title}: ${passed} of ${list.length} cases, worst error ${worst.toExponential(1)}`),
      )
    })
  }
})

describe('the fixtures', () => {
  it('cover every cell, update, gate, direction and number of biases, layers, lengths, first states and projections', () => {
    const seen = (key: (c: Case) => unknown) => new Set(cases.map(key))
    assert.deepEqual(
      seen((c) => c.spec.cell),
      new Set(['no-carry', 'no-reset', 'reset-before', 'reset-after']),
    )
    assert.deepEqual(
      seen((c) => c.spec.update),
      new Set(['keep', 'write']),
    )
    assert.deepEqual(
      seen((c) => c.spec.recurrentActivation),
      new Set(['sigmoid', 'hard-sigmoid']),
    )
    assert.deepEqual(
      seen((c) => c.spec.direction),
      new Set(['forward', 'reverse', 'bidirectional']),
    )
    assert.deepEqual(
      seen((c) => c.spec.biases),
      new Set([0, 1, 2]),
    )
    assert.deepEqual(
      seen((c) => c.spec.layers),
      new Set([1, 2, 3]),
    )
    assert.ok(cases.some((c) => c.lengths) && cases.some((c) => c.h0) && cases.some((c) => c.spec.outputSize))
    assert.ok(cases.length >= 75, `${cases.length} cases`)
  })
})

function modelOf({ spec, weights }: Case): Model {
  return createModel(spec, Float32Array.from(weights))
}

function runSequence(backend: Backend, c: Case): Expected {
  return widened(sequence(modelOf(c), Float32Array.from(c.x), { ...sequenceOptions(c), backend }))
}

async function runDeviceSequence(c: Case): Promise<Expected> {
  const x = Float32Array.from(c.x)
  const got = await deviceSequence(modelOf(c), x, { ...sequenceOptions(c), device: 'gpu' })
  assert.match(got.device, /^gpu:/, got.reason)
  return widened(got)
}

function sequenceOptions({ batch, time, lengths, h0 }: Case): SequenceOptions {
  return { batch, time, lengths, h0: h0 && Float32Array.from(h0) }
}

function widened({ y, hn, out }: Sequence): Expected {
  return { y: Float64Array.from(y), hn: Float64Array.from(hn), out: out && Float64Array.from(out) }
}

/** What a stepper gives now and a device's later. */
interface AnyStepper {
  step(lanes: readonly number[], inputs: Float32Array): Float32Array | Promise<Float32Array>
  save(lane: number): Float32Array | Promise<Float32Array>
  restore(lane: number, state: Float32Array): void
}

/** Every batch row a lane, all rows stepped together until their lengths are reached. */
async function runStepper(stepper: AnyStepper, c: Case): Promise<Expected> {
  const { batch, time, spec, lengths } = c
  const { inputSize: I, hiddenSize: H, layers, outputSize: O } = spec
  const part = (layer: number, row: number) => (layer * batch + row) * H
  const rows = Array.from({ length: batch }, (_, row) => row)
  for (const row of rows) {
    if (!c.h0) continue
    const state = new Float32Array(layers * H)
    for (let l = 0; l < layers; l++) state.set(c.h0.subarray(part(l, row), part(l, row) + H), l * H)
    stepper.restore(row, state)
  }
  const y = new Float64Array(batch * time * H)
  const out = new Float64Array(batch * time * O)
  for (let t = 0; t < time; t++) {
    const lanes = rows.filter((row) => t < (lengths ? lengths[row] : time))
    const inputs = lanes.flatMap((row) => [...c.x.subarray((row * time + t) * I, (row * time + t + 1) * I)])
    const [outputs, ...states] = await Promise.all([
      stepper.step(lanes, Float32Array.from(inputs)),
      ...lanes.map((row) => stepper.save(row)),
    ])
    lanes.forEach((row, i) => {
      out.set(outputs.subarray(i * O, (i + 1) * O), (row * time + t) * O)
      y.set(states[i].subarray((layers - 1) * H), (row * time + t) * H)
    })
    const shown = O ? out : y
    const width = O || H
    lanes.forEach((row, i) => {
      const at = (row * time + t) * width
      assert.deepEqual([...outputs.subarray(i * width, (i + 1) * width)], [...shown.subarray(at, at + width)])
    })
  }
  const hn = new Float64Array(layers * batch * H)
  for (const row of rows) {
    const state = await stepper.save(row)
    for (let l = 0; l < layers; l++) hn.set(state.subarray(l * H, (l + 1) * H), part(l, row))
  }
  return { y, hn, out: O ? out : undefined }
}

/** The largest error of all that is expected. */
function check(got: Expected, expected: Expected, tol: number): number {
  const errors = (['y', 'hn', 'out'] as const).map((name) => {
    const want = expected[name]
    if (!want) return 0
    const values = got[name]
    assert.ok(values, `${name} is missing`)
    return within(distance(values, want), tol, name)
  })
  return Math.max(...errors)
}

function within(error: number, tol: number, name: string): number {
  assert.ok(error <= tol, `${name} is off by ${error}, more than ${tol}`)
  return error
}

function distance(a: Float64Array, b: Float64Array): number {
  assert.equal(a.length, b.length)
  return a.reduce((worst, v, i) => Math.max(worst, Math.abs(v - b[i])), 0)
}
