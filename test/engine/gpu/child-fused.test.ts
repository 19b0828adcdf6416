import assert from 'node:assert/strict'
import { createSequences } from '../../../src/engine/gpu/child/fused.ts'
import type { GpuJs } from '../../../src/engine/gpu/child/gpujs.ts'
import type { Shared } from '../../../src/engine/gpu/child/pool.ts'
import { initialise } from '../../../src/engine/initialise.ts'
import { gruSpec } from '../../../src/engine/spec.ts'

const STEPS = 32
const { spec, weights } = initialise(gruSpec({ inputSize: 1, hiddenSize: 1 }))
const stretch = { spec, weights, batch: 1, time: STEPS, x: new Float32Array(STEPS), h0: new Float32Array(1) }

/** A device and its gpu.js whose pipelines fail as they are told to. */
function failing() {
  const counts = { built: 0, destroyed: 0 }
  let fails = { thrown: false, told: false }
  const pipeline = () => {
    counts.built++
    const run = async () => {
      if (fails.thrown) throw new Error('no memory for a pipeline')
      return Array.from({ length: STEPS }, () => [[new Float32Array(1)]])
    }
    const destroy = async () => {
      counts.destroyed++
      if (fails.thrown) throw new Error('nothing to destroy')
    }
    return Object.assign(run, { destroy })
  }
  const kernel = () => ({ destroy: () => {} })
  const device = {
    pushErrorScope: () => {},
    popErrorScope: async () => (fails.told ? { message: 'out of memory' } : null),
  }
  const js = { pipeline, kernel, upload: () => ({}) }
  return {
    counts,
    sequences: createSequences(js as unknown as GpuJs, { device } as unknown as Shared),
    fail(how: 'thrown' | 'told' | 'not') {
      fails = { thrown: how === 'thrown', told: how === 'told' }
    },
  }
}

describe('pipelines of sequences', () => {
  it('are kept once built, and closed and forgotten when they fail', async () => {
    const { counts, sequences, fail } = failing()
    const run = () => sequences.run(stretch, () => {})
    await run()
    await run()
    assert.deepEqual(counts, { built: 1, destroyed: 0 })
    fail('thrown')
    await assert.rejects(run(), /^Error: no memory for a pipeline$/)
    assert.deepEqual(counts, { built: 1, destroyed: 1 })
    // The device tells of errors that nothing throws.
    fail('told')
    await assert.rejects(run(), /^Error: the GPU refused: out of memory$/)
    assert.deepEqual(counts, { built: 2, destroyed: 2 })
    fail('not')
    await run()
    await run()
    await sequences.close()
    assert.deepEqual(counts, { built: 3, destroyed: 3 })
  })
})
