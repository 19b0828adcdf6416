// Files of GRUs of one cell and direction, written by writeModel and run by onnxruntime-node: see ../onnx.mjs.
import ort from 'onnxruntime-node'
import { writeModel } from '../../dist/src/formats/write.js'
import { createModel, gruSpec, layout, sequence, stateSize } from '../../dist/src/index.js'
import { largestDifference } from '../lib/check.mjs'
import { answer, givenTask } from '../lib/fresh.mjs'
import { randomNumbers } from '../lib/weights.mjs'

const { cell, direction, batch, time } = givenTask()
const SIZE = { inputSize: 3, hiddenSize: 7 }
/** As in the other parts. */
const RANGE = 1.5 / Math.sqrt(SIZE.hiddenSize)
const random = randomNumbers(4)
const draw = (length, range) => Float32Array.from({ length }, () => range * (2 * random() - 1))

const errors = []
for (const update of ['keep', 'write']) {
  for (const recurrentActivation of ['sigmoid', 'hard-sigmoid']) {
    for (const biases of [0, 1, 2]) {
      for (const layers of [1, 2]) {
        for (const outputSize of [0, 4]) {
          const options = { cell, direction, update, recurrentActivation, biases, layers, outputSize }
          errors.push(await errorOf(gruSpec({ ...SIZE, ...options })))
        }
      }
    }
  }
}
answer({ files: errors.length, largest: Math.max(...errors) })

async function errorOf(spec) {
  const model = createModel(spec, draw(layout(spec).size, RANGE))
  const { bytes } = writeModel(model, { format: 'onnx' })
  const session = await ort.InferenceSession.create(bytes)
  const x = draw(batch * time * spec.inputSize, 2)
  const h0 = draw(batch * stateSize(spec), 1)
  const theirs = await session.run({
    x: new ort.Tensor('float32', x, [batch, time, spec.inputSize]),
    h0: new ort.Tensor('float32', h0, [h0.length / (batch * spec.hiddenSize), batch, spec.hiddenSize]),
  })
  await session.release()
  const ours = sequence(model, x, { batch, time, h0 })
  return Math.max(
    ...Object.entries(theirs).map(([name, { data }]) => largestDifference([...data], ours[name])),
  )
}
