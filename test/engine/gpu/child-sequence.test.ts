import assert from 'node:assert/strict'
import { initialise } from '../../../src/engine/initialise.ts'
import { reference } from '../../../src/engine/reference.ts'
import { sequence } from '../../../src/engine/sequence.ts'
import { type Cell, gruSpec } from '../../../src/engine/spec.ts'
import { distance, inputs } from '../arbitrary.ts'
import { type RawChild, startChild } from './raw-child.ts'
import { lackingSoftwareGpu as reason, softwareGpu } from './software.ts'

const CELLS: readonly Cell[] = ['reset-after', 'reset-before', 'no-reset', 'no-carry']
const I = 3
const H = 5

describe(`child process: sequences${reason ? ` (skipped: ${reason})` : ''}`, () => {
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
    it(`gives what the reference gives, fused and step by step: ${cell}`, async () => {
      // Thrice 4 rows: the pipeline of a shape is used again, with other weights, and to its end or not.
      const shapes = [
        [4, 64],
        [4, 71],
        [4, 5],
        [1, 5],
        [9, 32],
        [0, 4],
        [3, 0],
      ]
      for (const [batch, time] of shapes) {
        const spec = gruSpec({ inputSize: I, hiddenSize: H, cell, update: 'write' })
        const model = initialise(spec, { seed: time })
        const x = inputs(batch * time * I, time, 2)
        const h0 = inputs(batch * H, 1, 0.5)
        const spans = {
          weights: child.put(model.weights),
          x: child.put(swap(x, batch, time, I)),
          h0: child.put(h0),
        }
        const answer = await child.ask('sequence', { spec, batch, time, ...spans, reply: child.free })
        const expected = sequence(model, x, { batch, time, h0, backend: reference })
        const y = swap(child.numbers.read(answer.y), time, batch, H)
        assert.ok(distance(y, expected.y) < 1e-5, `batch ${batch}, time ${time}`)
      }
    })
  }

  it('refuses what is no single layer', async () => {
    const spec = gruSpec({ inputSize: I, hiddenSize: H, layers: 2 })
    const { weights } = initialise(spec)
    const none = { at: 0, length: 0 }
    const request = { spec, batch: 1, time: 0, x: none, h0: none, reply: 0 }
    await assert.rejects(
      child.ask('sequence', { ...request, weights: child.put(weights) }),
      /needs one layer/,
    )
  })
})

/** [a, b, width] as [b, a, width]. */
function swap(values: Float32Array, a: number, b: number, width: number): Float32Array {
  const swapped = new Float32Array(values.length)
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      swapped.set(values.subarray((i * b + j) * width, (i * b + j + 1) * width), (j * a + i) * width)
    }
  }
  return swapped
}
