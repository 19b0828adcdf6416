import assert from 'node:assert/strict'
import { initialise } from '../../src/engine/initialise.ts'
import { createRandom } from '../../src/engine/random.ts'
import { sequence } from '../../src/engine/sequence.ts'
import { gruSpec, presets } from '../../src/engine/spec.ts'
import { createStepper } from '../../src/engine/stepper.ts'

describe('the three systems', () => {
  it('NumPy GRU: a projection at every step, from small uniform weights and the state carried on', () => {
    const spec = gruSpec({ ...presets.numpy, inputSize: 3, hiddenSize: 5, outputSize: 2 })
    const model = initialise(spec, { initialiser: 'numpy', seed: 42 })
    assert.ok(model.weights.every((w) => Math.abs(w) <= Math.fround(0.1)))
    const x = normals(7 * 3)
    const { y, hn, out } = sequence(model, x, { batch: 1, time: 7 })
    assert.equal(y.length, 7 * 5)
    assert.deepEqual(hn, y.slice(6 * 5))
    assert.equal(out?.length, 7 * 2)
    const changed = sequence(
      model,
      x.map((v, i) => (i < 3 ? v + 1 : v)),
      { batch: 1, time: 7 },
    )
    assert.notDeepEqual(
      changed.out?.slice(6 * 2),
      out?.slice(6 * 2),
      'the first input reaches the last output',
    )
  })

  it('NumPy GRU as literally written has no memory', () => {
    const spec = gruSpec({ ...presets.numpyLiteral, inputSize: 3, hiddenSize: 5, outputSize: 2 })
    const model = initialise(spec, { initialiser: 'numpy', seed: 42 })
    const x = normals(7 * 3)
    const first = sequence(model, x, { batch: 1, time: 7 })
    const changed = sequence(
      model,
      x.map((v, i) => (i < 3 ? v + 1 : v)),
      { batch: 1, time: 7 },
    )
    assert.notDeepEqual(changed.out?.slice(0, 2), first.out?.slice(0, 2))
    assert.deepEqual(changed.out?.slice(2), first.out?.slice(2))
  })

  it('nn.GRU(10, 20, 2) batch first: output (1, 6, 20) and hn (2, 1, 20)', () => {
    const spec = gruSpec({ ...presets.pytorch, inputSize: 10, hiddenSize: 20, layers: 2 })
    const { y, hn, out } = sequence(initialise(spec, { seed: 0 }), normals(6 * 10), { batch: 1, time: 6 })
    assert.equal(y.length, 1 * 6 * 20)
    assert.equal(hn.length, 2 * 1 * 20)
    assert.deepEqual(hn.slice(20), y.slice(5 * 20), 'hn of the top layer is the last output')
    assert.equal(out, undefined)
  })

  it('nn.GRU bidirectional: output (batch, time, 2·hidden) and hn (2·layers, batch, hidden)', () => {
    const spec = gruSpec({ inputSize: 3, hiddenSize: 4, layers: 2, direction: 'bidirectional' })
    const { y, hn } = sequence(initialise(spec), normals(2 * 5 * 3), { batch: 2, time: 5 })
    assert.equal(y.length, 2 * 5 * 8)
    assert.equal(hn.length, 4 * 2 * 4)
    assert.deepEqual(hn.slice(24, 28), y.slice(4, 8), 'reverse: the state after step 0')
  })

  it('Keras cell of 64 units on 20 rows of 10: what it gives is its new state', () => {
    const spec = gruSpec({ ...presets.kerasCell, inputSize: 10, hiddenSize: 64 })
    const stepper = createStepper(initialise(spec, { initialiser: 'kerasCell' }), { lanes: 20 })
    const lanes = Array.from({ length: 20 }, (_, i) => i)
    const output = stepper.step(lanes, normals(20 * 10)).slice()
    assert.equal(output.length, 20 * 64)
    for (const lane of lanes) {
      assert.deepEqual(output.slice(lane * 64, (lane + 1) * 64), stepper.save(lane))
    }
  })
})

function normals(length: number): Float32Array {
  const random = createRandom(7)
  return Float32Array.from({ length }, () => random.normal())
}
