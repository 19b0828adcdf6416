import assert from 'node:assert/strict'
import { from, of } from 'rxjs'
import { initialise } from '../../src/engine/initialise.ts'
import { createRandom } from '../../src/engine/random.ts'
import { gruSpec, presets } from '../../src/engine/spec.ts'
import { gruStep } from '../../src/rx/gruStep.ts'
import type { StepInput } from '../../src/rx/stepInput.ts'
import { collect } from './steps.ts'

const random = createRandom(7)
const rows = (time: number, inputs: number): number[][] =>
  Array.from({ length: time }, () => Array.from({ length: inputs }, () => random.normal()))

describe('gruStep, in the shapes that the originals print', () => {
  it('NumPy GRU: 7 steps of 3 give 7 outputs of 2 from states of 5', () => {
    const spec = gruSpec({ ...presets.numpy, inputSize: 3, hiddenSize: 5, outputSize: 2 })
    const model = initialise(spec, { initialiser: 'numpy', seed: 42 })
    const outcomes = collect(from(rows(7, 3)).pipe(gruStep({ model, input: (x) => x, hidden: true })))
    assert.deepEqual(
      outcomes.map(({ output, hidden }) => [output?.length, hidden?.length]),
      Array.from({ length: 7 }, () => [2, 5]),
    )
  })

  it('nn.GRU(10, 20, 2): x (1, 6, 10) gives output (1, 6, 20) and hn (2, 1, 20)', () => {
    const spec = gruSpec({ ...presets.pytorch, inputSize: 10, hiddenSize: 20, layers: 2 })
    const model = initialise(spec, { initialiser: 'pytorch', seed: 0 })
    const [{ outputs, output, hidden }] = collect(
      of<StepInput>(rows(6, 10)).pipe(gruStep({ model, input: (x) => x, hidden: true })),
    )
    assert.deepEqual([outputs?.length, outputs?.[0].length, hidden?.length], [6, 20, 2 * 20])
    assert.deepEqual(hidden?.slice(20), output, 'hn of the top layer is the last output')
  })

  it('Keras cell of 64 units: 20 rows of 10 give output (20, 64), which is the new state (20, 64)', () => {
    const spec = gruSpec({ ...presets.kerasCell, inputSize: 10, hiddenSize: 64 })
    const model = initialise(spec, { initialiser: 'kerasCell' })
    const batch = rows(20, 10).map((x, row) => ({ x, key: String(row) }))
    const outcomes = collect(
      from(batch).pipe(gruStep({ model, input: ({ x }) => x, key: ({ key }) => key, hidden: true })),
    )
    assert.equal(outcomes.length, 20)
    for (const { output, hidden } of outcomes) {
      assert.equal(output?.length, 64)
      assert.deepEqual(hidden, output)
    }
  })
})
