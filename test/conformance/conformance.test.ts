import assert from 'node:assert/strict'
import type { Backend } from '../../src/engine/backend.ts'
import { layout } from '../../src/engine/layout.ts'
import { createModel } from '../../src/engine/model.ts'
import { referenceStep, type Vector } from '../../src/engine/reference.ts'
import { sequence } from '../../src/engine/sequence.ts'
import { createStepper } from '../../src/engine/stepper.ts'
import { backends } from '../engine/builds.ts'
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

describe('conformance', () => {
  const report: string[] = []
  after(() => console.log(report.map((line) => `    ${line}`).join('\n')))

  conforms('float64 equations', cases, (c) => check(oracle(c), c.expect64, c.tol64))
  for (const backend of backends) {
    conforms(`${backend.device} sequence`, cases, (c) => check(runSequence(backend, c), c.expect, c.tol))
    const forward = cases.filter((c) => c.spec.direction === 'forward')
    conforms(`${backend.device} stepper`, forward, (c) => check(runStepper(backend, c), c.expect, c.tol))
  }

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
  function conforms(title: string, list: readonly Case[], run: (c: Case) => number): void {
    describe(title, () => {
      let worst = 0
      let passed = 0
      for (const c of list) {
        it(c.name, () => {
          worst = Math.max(worst, run(c))
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

function runSequence(backend: Backend, c: Case): Expected {
  const model = createModel(c.spec, Float32Array.from(c.weights))
  const { batch, time, lengths } = c
  const h0 = c.h0 && Float32Array.from(c.h0)
  const { y, hn, out } = sequence(model, Float32Array.from(c.x), { batch, time, h0, lengths, backend })
  return { y: Float64Array.from(y), hn: Float64Array.from(hn), out: out && Float64Array.from(out) }
}

/** Every batch row a lane, all rows stepped together until their lengths are reached. */
function runStepper(backend: Backend, c: Case): Expected {
  const { batch, time, spec, lengths } = c
  const { inputSize: I, hiddenSize: H, layers, outputSize: O } = spec
  const stepper = createStepper(createModel(spec, Float32Array.from(c.weights)), { backend, lanes: batch })
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
    const outputs = stepper.step(lanes, Float32Array.from(inputs))
    lanes.forEach((row, i) => {
      out.set(outputs.subarray(i * O, (i + 1) * O), (row * time + t) * O)
      y.set(stepper.save(row).subarray((layers - 1) * H), (row * time + t) * H)
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
    const state = stepper.save(row)
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
