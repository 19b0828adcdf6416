import assert from 'node:assert/strict'
import { initialise } from '../../src/engine/initialise.ts'
import { gruSpec, presets } from '../../src/engine/spec.ts'
import { readModel } from '../../src/formats/read.ts'
import { writeModel } from '../../src/formats/write.ts'
import { npzWith, projectionNote, recurrent, refusal, type Shapes, safetensorsWith } from './files.ts'

const linear = (name: string): Shapes => ({ [`${name}.weight`]: [4, 4], [`${name}.bias`]: [4] })
const GRU = recurrent('gru.', 4, 4)

describe('a linear layer that fits the output of the GRU', () => {
  const advice = (label: string): string =>
    `; head: "${label}" takes it as the linear layer on the output, head: false leaves it out`

  it('is taken behind the GRU, where the file keeps the order of definition', async () => {
    const { model, notes } = await readModel(npzWith({ ...GRU, ...linear('fc') }))
    assert.equal(model.spec.outputSize, 4)
    assert.deepEqual(notes, [projectionNote('fc')])
  })

  const doubtful: readonly (readonly [string, Uint8Array, string])[] = [
    [
      'before the GRU',
      npzWith({ ...linear('fc'), ...GRU }),
      'the layer "fc" beside the GRU "gru." is defined before the GRU and gives as many numbers as it takes',
    ],
    [
      'in a file of sorted names',
      safetensorsWith({ ...GRU, ...linear('fc') }),
      'the layer "fc" beside the GRU "gru." gives as many numbers as the GRU takes, and so may stand before it',
    ],
    [
      'without bias, as an embedding is',
      npzWith({ ...recurrent('gru.', 2, 4), 'fc.weight': [50, 4] }),
      'the layer "fc" beside the GRU "gru." has no bias, like an embedding before the GRU',
    ],
  ]
  for (const [where, file, sentence] of doubtful) {
    it(`must be named ${where}`, async () => {
      assert.equal(await refusal(file), sentence + advice('fc'))
      assert.ok((await readModel(file, { head: 'fc' })).model.spec.outputSize > 0)
      assert.equal((await readModel(file, { head: false })).model.spec.outputSize, 0)
    })
  }

  it('is taken under the name that writeModel gives it', async () => {
    const spec = gruSpec({ ...presets.pytorch, inputSize: 4, hiddenSize: 4, outputSize: 4 })
    const model = initialise(spec)
    const { bytes } = writeModel(model, { format: 'pytorch' })
    assert.deepEqual((await readModel(bytes)).model, model)
  })
})
